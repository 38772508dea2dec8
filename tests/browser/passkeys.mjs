// A passkey by a virtual authenticator: added, approves, refuses an unverified person, signs in.
import { Home } from './home.mjs';
import { PASSWORD, PHONE, setUp } from './checks.mjs';

export default async function passkeys({ browser, checks, homepay, keep }) {
  const home = keep(await Home.start(homepay));
  const context = await browser.newContext({ viewport: PHONE, locale: 'en', isMobile: true, hasTouch: true });
  const page = await checks.page(context);
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
    isUserVerified: true, automaticPresenceSimulation: true,
  } });
  await setUp(page, home);
  await page.goto(`${home.base()}/security`);
  await checks.picture(page, 'security', true);
  const told = await checks.violations(page);
  checks.ok('the security centre has no violations', told.length === 0, told.join(' | '));
  await page.fill('#passkey-add [name=name]', 'Her phone');
  await page.fill('#passkey-add [name=password]', PASSWORD);
  await page.click('#passkey-add button');
  await page.locator('.passkey-remove').waitFor({ state: 'attached' });
  checks.ok('a passkey is added', (await page.textContent('#passkeys')).includes('Her phone'));
  await home.order('passkey-order', 2);
  await page.goto(`${home.base()}/orders/passkey-order`);
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.click('#approve-passkey');
  await page.locator('#passkey-fault:not([hidden])').waitFor();
  checks.ok('who is not verified approves nothing', home.found('passkey-order').status === 'awaiting_approval',
    await page.textContent('#passkey-fault'));
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
  await page.click('#approve-passkey');
  await home.reached('passkey-order', 'settled');
  checks.ok('a passkey approves', true);
  await context.clearCookies();
  await page.goto(`${home.base()}/sign-in`);
  await page.click('#sign-in-passkey');
  await page.waitForURL((url) => url.pathname === '/');
  checks.ok('a passkey signs in', (await page.locator('form[action="/freeze"]').count()) === 1);
}
