import os
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

PAWL = os.environ.get("PAWL", "http://127.0.0.1:8080")
app, keys = FastAPI(), jwt.PyJWKClient(PAWL + "/.well-known/jwks.json")

def user(token: str = Depends(OAuth2PasswordBearer(PAWL + "/token"))):
    try:
        key = keys.get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, algorithms=["ES256"], audience=PAWL, issuer=PAWL)
    except jwt.PyJWKClientConnectionError as error:
        raise HTTPException(503, "Pawl can't be reached.") from error
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Log in.", {"WWW-Authenticate": "Bearer"}) from error

@app.get("/me")
def me(claims: dict = Depends(user)):
    return claims
