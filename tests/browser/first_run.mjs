// A new hub without any file leads its owner from the setup code to an order that is settled.
import { Home } from './home.mjs';
import { PASSWORD, PHONE } from './checks.mjs';

export default async function firstRun({ browser, checks, homepay, keep }) {
  const home = keep(await Home.start(homepay, null));
  const context = await browser.newContext({ viewport: PHONE, locale: 'en', isMobile: true, hasTouch: true });
  const page = await checks.page(context);
  await page.goto(`${home.base()}/`);
  checks.ok('a new hub leads to setup', new URL(page.url()).pathname === '/setup');
  await page.goto(`${home.base()}/setup#${home.code}`);
  checks.ok('the code comes with the address', (await page.inputValue('#code')) === home.code);
  await checks.picture(page, 'first-run-1-setup');
  await page.fill('#name', 'Mum');
  await page.evaluate(() => document.querySelector('#password').removeAttribute('minlength'));
  await page.fill('#password', 'short');
  await page.click('button.primary');
  checks.ok('a short password is told why', (await page.textContent('[role=alert]')).includes('5 of 12'));
  await page.fill('#password', PASSWORD);
  await page.click('button.primary');
  await page.waitForURL((url) => url.pathname !== '/setup');
  checks.ok('setup signs in', await page.locator('nav.tabs').isVisible());
  await checks.picture(page, 'first-run-2', true);
}
