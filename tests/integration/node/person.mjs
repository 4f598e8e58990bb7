// A person at a browser without scripts, as far as the sign-in pages need one: follows redirects, keeps cookies, fills in
// forms. Stops at the first address that is not the server's own and gives it back.
const decode = (text) =>
  text.replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

const attributes = (tag) =>
  Object.fromEntries([...tag.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name, decode(value ?? '')]));

export class Person {
  constructor(server, login, password, { denies = false } = {}) {
    Object.assign(this, { server: new URL(server), login, password, denies, cookies: new Map(), pages: [] });
  }

  async #fetch(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', ...options, headers: { ...(cookie && { cookie }), ...options.headers } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0/i.test(line) || value === '') this.cookies.delete(name); else this.cookies.set(name, value);
    }
    return answer;
  }

  // The address outside, and the form fields of a form_post.
  async visit(url) {
    let answer = await this.#fetch(url);
    for (let steps = 0; steps < 12; ++steps) {
      if (answer.status >= 300 && answer.status < 400) {
        const next = new URL(answer.headers.get('location'), this.server);
        if (next.origin !== this.server.origin) return { url: next, fields: null };
        answer = await this.#fetch(next);
        continue;
      }
      const html = await answer.text();
      const form = html.match(/<form[^>]*>/)?.[0];
      const title = html.match(/<title>([^<]*)/)?.[1] ?? '';
      this.pages.push({ status: answer.status, title });
      if (!form) return { url: null, status: answer.status, html };
      const { action } = attributes(form);
      const target = new URL(action, answer.url);
      const fields = new URLSearchParams();
      for (const [tag] of html.matchAll(/<input[^>]*>/g)) {
        const { name, value, type } = attributes(tag);
        if (name && type !== 'submit') fields.set(name, value ?? '');
      }
      if (target.origin !== this.server.origin) return { url: target, fields };
      if (html.includes('name="password"')) {
        fields.set('login', this.login);
        fields.set('password', this.password);
      }
      const wanted = this.denies ? /id="consent-deny"/ : /id="(consent-allow|select-continue|signout-yes)"/;
      for (const [tag] of html.matchAll(/<button[^>]*>/g)) {
        if (wanted.test(tag)) { const { name, value } = attributes(tag); if (name) fields.set(name, value); }
      }
      answer = await this.#fetch(target, { method: 'POST', body: fields,
        headers: { origin: this.server.origin, 'sec-fetch-site': 'same-origin' } });
    }
    throw new Error('too many pages: ' + JSON.stringify(this.pages));
  }
}
