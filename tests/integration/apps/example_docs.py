"""examples/fastapi/main.py with the files of Swagger UI from Pawl: a content delivery network can't be reached by a test."""
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import Response

from main import PAWL, app

app.router.routes[:] = [route for route in app.router.routes if getattr(route, "path", "") != "/docs"]


@app.get("/docs", include_in_schema=False)
def docs():
    return get_swagger_ui_html(openapi_url="/openapi.json", title="Example", swagger_favicon_url="/favicon.ico",
                               swagger_js_url=PAWL + "/docs/swagger-ui-bundle.js",
                               swagger_css_url=PAWL + "/docs/swagger-ui.css")


@app.get("/favicon.ico", include_in_schema=False)
def favicon():
    return Response(status_code=204)
