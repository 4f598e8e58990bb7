// node-oidc-provider for tests/bench/people: its own development pages for sign-in, everything kept in memory (a Map a
// kind, families as Sets), ES256 for ID and access tokens. Client `shop` gets a JWT as access token, `plain` an opaque one,
// which is what this server shows /me to and introspects.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.env.PORT);
const store = new Map();
const families = new Map();
const uids = new Map();

class InMemory {
  constructor(model) { this.model = model; }
  key(id) { return `${this.model}:${id}`; }
  async upsert(id, payload) {
    store.set(this.key(id), payload);
    if (this.model === 'Session') uids.set(payload.uid, id);
    if (payload.grantId) {
      let members = families.get(payload.grantId);
      if (!members) families.set(payload.grantId, (members = new Set()));
      members.add(this.key(id));
    }
  }
  async find(id) { return store.get(this.key(id)); }
  async findByUid(uid) { return store.get(this.key(uids.get(uid))); }
  async findByUserCode() { return undefined; }
  async consume(id) { store.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { store.delete(this.key(id)); }
  async revokeByGrantId(grant) {
    for (const key of families.get(grant) ?? []) store.delete(key);
    families.delete(grant);
  }
}

const api = 'https://orders.example';
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const client = (id) => ({
  client_id: id, client_secret: process.env.SECRET, redirect_uris: [process.env.CALLBACK],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'ES256',
});
const day = 86400;

new Provider(`http://127.0.0.1:${port}`, {
  adapter: InMemory,
  jwks: { keys: [{ ...ec, use: 'sig', alg: 'ES256', kid: 'one' }] },
  clients: [client('shop'), client('plain')],
  scopes: ['openid', 'email', 'orders:read'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  rotateRefreshToken: true,
  issueRefreshToken: async (ctx, who) => who.grantTypeAllowed('refresh_token'),
  features: {
    clientCredentials: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx, who, of) => (of || (who.clientId === 'shop' ? api : undefined)),
      useGrantedResource: () => true,
      getResourceServerInfo: () => (
        { scope: 'orders:read', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } }),
    },
  },
  ttl: {
    AccessToken: 600, AuthorizationCode: 300, ClientCredentials: 600, Grant: day, IdToken: 600, Interaction: 3600,
    RefreshToken: 14 * day, Session: day,
  },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true }) }),
}).listen(port, '127.0.0.1');
