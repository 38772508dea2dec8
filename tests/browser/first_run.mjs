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
  const step = async (name) => {
    await page.waitForURL(`**/setup/${name}`);
    const faults = await checks.violations(page);
    checks.ok(`${name} is for everybody`, faults.length === 0, faults.join(' | '));
    await checks.picture(page, `first-run-${name}`, true);
  };
  await step('speaker');
  await page.click('form:has(input[value="page"]) button');
  await step('goods');
  await page.click('form[action="/setup/goods"] button');
  checks.ok('nothing chosen is told', (await page.textContent('[role=alert]')).length > 5);
  await page.check('input[name="take-water"]');
  await page.check('input[name="take-rice"]');
  await page.fill('input[name="price-rice"]', 'lots');
  await page.click('form[action="/setup/goods"] button');
  checks.ok('a wrong price is told, and what was chosen is kept', (await page.locator('[role=alert]').count()) === 1
    && await page.isChecked('input[name="take-water"]') && (await page.inputValue('input[name="price-rice"]')) === 'lots',
    await page.textContent('[role=alert]'));
  await page.fill('input[name="price-rice"]', '59.90');
  await page.locator('details summary').click();
  await page.fill('#own', 'Green tea, 8.00, box, drinks');
  await page.click('form[action="/setup/goods"] button');
  await step('limit');
  await page.click('form[action="/setup/limit"] button');
  await step('tariff');
  checks.ok('tariffs of the home come first', (await page.locator('optgroup').first().getAttribute('label')) === 'CN');
  await page.selectOption('#file', 'tariffs/cn/shanghai-tou.toml');
  await page.click('form[action="/setup/tariff"] button');
  await step('say');
  await page.fill('#sentence', 'what is the weather like');
  await page.click('form[action="/setup/say"] button');
  checks.ok('plain talk is not an order', (await page.locator('a[href^="/orders/page-"]').count()) === 0,
    await page.textContent('.said'));
  await page.fill('#sentence', 'buy one case of mineral water');
  await page.click('form[action="/setup/say"] button');
  const words = await page.textContent('.said');
  if (await page.locator('#number').count()) {
    await page.fill('#number', /(\d\d)/.exec(words)[1]);
    await page.click('form[action="/setup/confirm"] button');
  }
  await checks.picture(page, 'first-run-said', true);
  await page.click('a[href^="/orders/page-"]');
  await page.waitForFunction(() => document.querySelector('h1')?.textContent.includes('Paid'), null, { timeout: 10_000 });
  checks.ok('the first order is paid', true, words);
  await checks.picture(page, 'first-run-order', true);
  await page.goto(`${home.base()}/`);
  checks.ok('nothing is left to do', (await page.locator('.todo').count()) === 0);
  await checks.picture(page, 'first-run-home', true);
  const kept = JSON.stringify(home.command('export'));
  checks.ok('the household has all of it', ['shanghai', 'Green tea', '59.90', 'approve_above'].every((word) => kept.includes(word)));
  checks.ok('the books are good', home.command('journal', 'verify').ok !== false);
}
