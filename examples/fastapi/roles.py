"""main.py and a page for editors. Start Pawl with --claims roles."""
from fastapi import Depends, HTTPException, Security
from fastapi.security import SecurityScopes

from main import app, user


def user_with(needed: SecurityScopes, claims: dict = Depends(user)):
    """FastAPI's scopes, looked up in the token's roles: Pawl gives roles, and no scopes yet."""
    missing = set(needed.scopes) - set(claims.get("roles", []))
    if missing:
        raise HTTPException(403, "This needs the role " + ", ".join(sorted(missing)) + ".")
    return claims


@app.get("/drafts")
def drafts(claims: dict = Security(user_with, scopes=["editor"])):
    return {"drafts": [], "editor": claims["sub"]}
