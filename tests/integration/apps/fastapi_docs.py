"""An app as FastAPI's tutorial writes it, whose tokenUrl is Pawl's: its own Swagger UI logs in across origins.

Run by uvicorn; the environment has PAWL, the server's URL. The files of Swagger UI come from Pawl instead of from a
content delivery network, which a test can't reach.
"""
import os
import urllib.error
import urllib.request

from fastapi import Depends, FastAPI, HTTPException
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import Response
from fastapi.security import OAuth2PasswordBearer

PAWL = os.environ["PAWL"]
app = FastAPI(title="Tutorial", docs_url=None, redoc_url=None)
scheme = OAuth2PasswordBearer(tokenUrl=PAWL + "/token")


@app.get("/docs", include_in_schema=False)
def docs():
    return get_swagger_ui_html(openapi_url="/openapi.json", title="Tutorial", swagger_favicon_url="/favicon.ico",
                               swagger_js_url=PAWL + "/docs/swagger-ui-bundle.js",
                               swagger_css_url=PAWL + "/docs/swagger-ui.css")


@app.get("/favicon.ico", include_in_schema=False)
def favicon():
    return Response(status_code=204)


@app.get("/me")
def me(token: str = Depends(scheme)):
    request = urllib.request.Request(PAWL + "/users/me", headers={"Authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return Response(reply.read(), media_type="application/json")
    except urllib.error.HTTPError as error:
        raise HTTPException(error.code) from error
