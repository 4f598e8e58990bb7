// Starts Swagger UI on this server's own document. A file of its own, since the page's policy allows no inline script.
'use strict';

(async () => {
    // Where this page is, not what the document says: behind a proxy or under another name of the host, requests must go
    // to the origin the page came from.
    const base = new URL('.', document.location.href).href.replace(/\/$/, '');
    const place = document.getElementById('swagger-ui');
    try {
        const answer = await fetch(base + '/openapi.json');
        if (!answer.ok) {
            throw new Error('openapi.json: ' + answer.status);
        }
        const spec = await answer.json();
        spec.servers = [{url: base, description: 'this server'}];
        for (const scheme of Object.values(spec.components.securitySchemes)) {
            if (scheme.flows && scheme.flows.password) {
                scheme.flows.password.tokenUrl = base + '/token';
            }
        }
        place.textContent = '';
        window.ui = SwaggerUIBundle({
            spec,
            dom_id: '#swagger-ui',
            deepLinking: true,
            displayRequestDuration: true,
            tryItOutEnabled: true,
            validatorUrl: null,
        });
    } catch (error) {
        place.textContent = 'The document could not be read: ' + error.message;
    }
})();
