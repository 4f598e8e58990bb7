"""The lines of FastAPI's tutorial, with Pawl in the place of its /token and its passwords.

Start Pawl with the same SECRET_KEY and with --audience none --subject username.
"""
import os

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

SECRET_KEY = os.environ["SECRET_KEY"]
app = FastAPI()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl=os.environ.get("PAWL", "http://127.0.0.1:8080") + "/token")
users_db = {"johndoe": {"username": "johndoe", "full_name": "John Doe"}}


def get_current_user(token: str = Depends(oauth2_scheme)):
    credentials_exception = HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
    try:
        payload = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise credentials_exception from error
    user = users_db.get(payload.get("sub"))
    if user is None:
        raise credentials_exception
    return user


@app.get("/users/me")
def read_users_me(current_user: dict = Depends(get_current_user)):
    return current_user
