// Who comes under a foreign name, from another page or with guessed passwords.
import { request } from 'node:http';
import { Home } from './home.mjs';
import { setUp } from './checks.mjs';

export default async function doors({ browser, checks, homepay, keep }) {
  const home = keep(await Home.start(homepay));
  const context = await browser.newContext({ locale: 'en' });
  const page = await checks.page(context);
  await setUp(page, home);
  const asked = (host, method = 'GET', path = '/sign-in', headers = {}, body = '') => new Promise((done, failed) => {
    const asking = request({ host: '127.0.0.1', port: home.console, path, method, headers: { host, ...headers } }, (answer) => {
      answer.resume();
      done(answer);
    });
    asking.on('error', failed);
    asking.end(body);
  });
  const status = async (...of) => (await asked(...of)).statusCode;
  const own = `localhost:${home.console}`;
  checks.ok('a rebound name is refused', (await status('evil.example')) === 421);
  checks.ok('the address that was asked is taken', (await status(`127.0.0.1:${home.console}`)) === 200);
  checks.ok('the own name is taken', (await status('homepay.local')) === 200);
  checks.ok('another site is refused by Sec-Fetch-Site', (await status(own, 'POST', '/freeze', { 'sec-fetch-site': 'cross-site' })) === 403);
  checks.ok('another site is refused by Origin', (await status(own, 'POST', '/freeze', { origin: 'http://evil.example' })) === 403);
  checks.ok('who has no session is led to sign in', (await status(own, 'GET', '/orders')) === 303);
  const { headers } = await asked(own);
  checks.ok('nothing inline, no frames', headers['content-security-policy'].includes("default-src 'none'")
    && !headers['content-security-policy'].includes('unsafe'), headers['content-security-policy']);
  // A page of another site that posts a form with the owner's cookies.
  const evil = await checks.page(context);
  await evil.route('http://evil.example/**', (route) => route.fulfill({ contentType: 'text/html',
    body: `<form method="post" action="${home.base()}/freeze"><button>win</button></form>` }));
  await evil.goto('http://evil.example/');
  await evil.click('button');
  await evil.waitForLoadState();
  checks.ok('a form of another site freezes nothing', home.command('status').frozen !== true);
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
  let last = 0;
  for (let tries = 0; tries < 6; tries += 1) last = await status(own, 'POST', '/sign-in', form, 'password=wrong-password');
  checks.ok('the sixth wrong password is not tried', last === 429, last);
}
