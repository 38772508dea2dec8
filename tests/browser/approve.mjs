// An order that waits appears by itself, and is approved, refused, and paid.
import { Home, until } from './home.mjs';
import { PASSWORD, PHONE, setUp } from './checks.mjs';

const LIVE_MS = 3_000;

export default async function approve({ browser, checks, homepay, keep }) {
  const home = keep(await Home.start(homepay));
  const context = await browser.newContext({ viewport: PHONE, locale: 'en', isMobile: true, hasTouch: true });
  const page = await checks.page(context);
  await setUp(page, home);
  await page.goto(`${home.base()}/`);
  await home.order('first-order', 2);
  const row = page.locator('a[href="/orders/first-order"]');
  await row.waitFor({ timeout: LIVE_MS });
  checks.ok('an order that waits appears by itself', true);
  await row.click();
  await page.waitForURL('**/orders/first-order');
  await checks.picture(page, 'approve', true);
  checks.ok('the amount is on the button', (await page.textContent('form[action$="/approve"] button')).includes('59.80'));
  await page.fill('#password', 'not her password');
  await page.click('form[action$="/approve"] button');
  checks.ok('a wrong password approves nothing', (await page.locator('[role=alert]').count()) === 1
    && home.found('first-order').status === 'awaiting_approval');
  await page.fill('#password', PASSWORD);
  await page.click('form[action$="/approve"] button');
  await home.reached('first-order', 'settled');
  await until('the page says so', async () => (await page.textContent('main')).includes('Paid')).catch(() => null);
  checks.ok('what was approved is paid, and the page says so', (await page.textContent('main')).includes('Paid'),
    (await page.textContent('h1')).trim());
  await home.order('second-order', 3);
  // A page that is open would tell of the stream that breaks off, which is what it is to do.
  await page.goto('about:blank');
  await home.kill();
  await home.run();
  await page.goto(`${home.base()}/orders/second-order`);
  checks.ok('a restart loses neither the session nor what waits', (await page.locator('form[action$="/reject"]').count()) === 1);
  await page.click('form[action$="/reject"] button');
  await home.reached('second-order', 'declined');
  checks.ok('an order is refused without proof', true);
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const noscript = await plain.newPage();
  await home.order('third-order', 4);
  await noscript.goto(`${home.base()}/orders/third-order`);
  await noscript.fill('#password', PASSWORD);
  await noscript.click('form[action$="/approve"] button');
  await home.reached('third-order', 'settled');
  checks.ok('the same without script', true);
  await noscript.goto(`${home.base()}/`);
  await noscript.click('form[action="/freeze"] button');
  checks.ok('one tap freezes the home', home.command('status').frozen === true, JSON.stringify(home.command('status').frozen));
}
