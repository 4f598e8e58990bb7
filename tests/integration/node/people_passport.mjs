// passport-oauth2 (npm), in an Express application: one sign-in, then the page that only who signed in may see.
// usage: node people_passport.mjs URL CLIENT_ID SECRET PORT LOGIN PASSWORD; prints one line of JSON.
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OAuth2Strategy from 'passport-oauth2';
import { Person } from './person.mjs';

const [url, clientID, clientSecret, port, login, password] = process.argv.slice(2);
const own = `http://127.0.0.1:${port}`;
passport.use(new OAuth2Strategy({ authorizationURL: `${url}/authorize`, tokenURL: `${url}/token`, clientID, clientSecret,
  callbackURL: `${own}/callback`, scope: ['openid', 'email'], pkce: true, state: true },
  async (accessToken, refreshToken, profile, done) => {
    const answer = await fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } });
    done(null, { ...(await answer.json()), refresh: Boolean(refreshToken) });
  }));
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));
const app = express();
app.use(session({ secret: 'only for this test', resave: false, saveUninitialized: false }));
app.use(passport.initialize(), passport.session());
app.get('/login', passport.authenticate('oauth2'));
app.get('/callback', passport.authenticate('oauth2', { failureRedirect: '/failed' }), (request, response) => response.json(request.user));
const listening = await new Promise((resolve) => { const s = app.listen(Number(port), '127.0.0.1', () => resolve(s)); });
// The application's own cookie is kept by hand: the person knows the server's alone.
const start = await fetch(`${own}/login`, { redirect: 'manual' });
const cookie = start.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
const person = new Person(url, login, password);
const back = await person.visit(start.headers.get('location'));
const seen = await fetch(back.url, { redirect: 'manual', headers: { cookie } });
console.log(JSON.stringify({ status: seen.status, user: seen.status === 200 ? await seen.json() : await seen.text() }));
listening.close();
process.exit(0);
