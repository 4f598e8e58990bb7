// Starts Swagger UI on this server's own document. A file of its own, since the page's policy allows no inline script.
'use strict';

// Swagger UI has dark colours, but does not ask the system for them.
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

// Authorize opens where there is something to enter.
function focusUsername(place) {
    let open = false;
    new MutationObserver(() => {
        const field = document.getElementById('oauth_username');
        if (field && !open) {
            field.focus({preventScroll: true});
            (field.labels[0] || field).scrollIntoView({block: 'start'}); // with its label above it
        }
        open = field !== null;
    }).observe(place, {childList: true, subtree: true});
}

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
        focusUsername(place);
        window.ui = SwaggerUIBundle({
            spec,
            dom_id: '#swagger-ui',
            deepLinking: true,
            docExpansion: 'none', // the groups at a glance; one opens by a click
            defaultModelsExpandDepth: -1, // no list of schemas: each stands with its operation
            displayRequestDuration: true,
            tryItOutEnabled: true,
            validatorUrl: null,
        });
    } catch (error) {
        place.textContent = 'The document could not be read: ' + error.message;
    }
})();
