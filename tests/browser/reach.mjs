// The console in the home's network: TLS by the home's own authority, for names that phones find.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Home, HOUSEHOLD, freePort } from './home.mjs';
import { PASSWORD, PHONE, launch } from './checks.mjs';

export default async function reach({ browser, checks, homepay, keep }) {
  const port = await freePort();
  const home = keep(await Home.start(homepay, HOUSEHOLD, `network_listen = "127.0.0.1:${port}"\n`));
  const plain = `http://127.0.0.1:${port}`;
  const answers = () => fetch(`${plain}/trust`).then((answer) => answer.status, () => 0);
  checks.ok('the network is not answered until it is opened', (await answers()) === 0);
  const told = home.command('console', 'open');
  checks.ok('opening says where', told.addresses[0] === `https://homepay.local:${port}/` && told.fingerprint.length === 95,
    JSON.stringify(told));
  checks.ok('a phone is led there without TLS', (await answers()) === 200);
  const certificate = await (await fetch(`${plain}/ca.crt`)).text();
  checks.ok('the authority is given out, and its key is not', /^-----BEGIN CERTIFICATE-----/.test(certificate) && !/PRIVATE/.test(certificate));
  const trust = await checks.page(await browser.newContext({ viewport: PHONE, locale: 'zh-CN' }));
  await trust.goto(`${plain}/trust`);
  checks.ok('the fingerprint is shown', (await trust.textContent('code')).trim() === told.fingerprint);
  const faults = await checks.violations(trust);
  checks.ok('that page is for everybody', faults.length === 0, faults.join(' | '));
  await checks.picture(trust, 'trust-zh-CN', true);

  const profile = mkdtempSync(join(tmpdir(), 'homepay-profile-'));
  const rules = `--host-resolver-rules=MAP homepay.local 127.0.0.1,MAP homepay.home.arpa 127.0.0.1`;
  const stranger = await launch([rules]);
  const refused = await (await stranger.newPage()).goto(`https://homepay.local:${port}/`).catch((error) => error.message);
  checks.ok('a phone that does not know the authority is warned', /ERR_CERT_AUTHORITY_INVALID/.test(String(refused)), String(refused).slice(0, 60));
  await stranger.close();
  const ca = join(profile, 'ca.pem');
  writeFileSync(ca, certificate);
  execFileSync('mkdir', ['-p', join(profile, '.pki/nssdb')]);
  const db = `sql:${profile}/.pki/nssdb`;
  execFileSync('certutil', ['-d', db, '-N', '--empty-password']);
  execFileSync('certutil', ['-d', db, '-A', '-t', 'C,,', '-n', 'homepay', '-i', ca]);
  const phone = await launch([rules], { HOME: profile });
  try {
    for (const name of ['homepay.home.arpa', 'homepay.local']) {
      const page = await checks.page(await phone.newContext({ viewport: PHONE, locale: 'en' }));
      const answer = await page.goto(`https://${name}:${port}/`);
      checks.ok(`${name} is trusted once the authority is`, answer.status() === 200 && new URL(page.url()).pathname === '/setup');
      checks.ok(`passkeys are possible at ${name}`, await page.evaluate(() => isSecureContext && 'PublicKeyCredential' in window));
    }
    const context = await phone.newContext({ viewport: PHONE, locale: 'en' });
    const page = await checks.page(context);
    await page.goto(`https://homepay.local:${port}/setup#${home.code}`);
    if (await page.locator('#name').count()) await page.fill('#name', 'Mum');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.waitForURL((url) => url.pathname !== '/setup');
    const session = (await context.cookies()).find((cookie) => cookie.name === 'hp_session');
    checks.ok('the session is sent over TLS alone', session?.secure === true && session.httpOnly);
    await home.order('over-tls', 2);
    await page.goto(`https://homepay.local:${port}/orders/over-tls`);
    checks.ok('an order is seen there', (await page.textContent('main')).includes('59.80'));
    // The stream would tell that it breaks off.
    await page.goto('about:blank');
    await home.kill();
    await home.run();
    checks.ok('a restart leaves it open', (await answers()) === 200 && home.command('console', 'status').open);
    const again = await page.goto(`https://homepay.local:${port}/orders`);
    checks.ok('the authority is the same one', again.status() === 200);
    await page.goto('about:blank');
    home.command('console', 'close');
    checks.ok('closing ends it', (await answers()) === 0 && !home.command('console', 'status').open);
  } finally {
    await phone.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
