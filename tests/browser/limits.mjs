// Limits are lowered by hand at once, and raised by who proves it.
import { Home } from './home.mjs';
import { PASSWORD, PHONE, setUp } from './checks.mjs';

const amountOf = (home) => home.command('limit', 'list').limits.find((limit) => limit.id === 'kitchen-day').amount;

export default async function limits({ browser, checks, homepay, keep }) {
  const home = keep(await Home.start(homepay));
  const context = await browser.newContext({ viewport: PHONE, locale: 'en', isMobile: true, hasTouch: true });
  const page = await checks.page(context);
  await setUp(page, home);
  await home.order('uses-some', 1);
  await page.goto(`${home.base()}/limits`);
  checks.ok('both limits are listed, with what is used', (await page.locator('a.limit').count()) === 2
    && (await page.textContent('a[href="/limits/kitchen-day"]')).includes('29.90'));
  await page.click('a[href="/limits/kitchen-day"]');
  await page.fill('#asked', '45.00');
  await page.click('form[method=get] button');
  const small = await page.textContent('[role=status]');
  await page.fill('#asked', '5000.00');
  await page.click('form[method=get] button');
  const large = await page.textContent('[role=status]');
  checks.ok('what would happen is said, and nothing happens', small.includes('at once') && large.includes('refused')
    && home.command('order', 'list').orders.length === 1, `${small} / ${large}`);
  await checks.picture(page, 'limit-en', true);
  const save = 'form#edit button';
  await page.fill('#amount', '200.00');
  await page.click(save);
  await page.waitForURL('**/limits/kitchen-day');
  checks.ok('less is taken without proof', amountOf(home) === '200.00', amountOf(home));
  await page.fill('#amount', '900.00');
  await page.click(save);
  checks.ok('more is not', (await page.textContent('[role=alert]')).includes('password') && amountOf(home) === '200.00');
  await page.fill('#amount', 'lots');
  await page.click(save);
  checks.ok('what is no amount is told', (await page.locator('[role=alert]').count()) === 1 && amountOf(home) === '200.00',
    await page.textContent('[role=alert]'));
  await page.fill('#amount', '900.00');
  await page.fill('#edit #password', PASSWORD);
  await page.click(save);
  checks.ok('with proof it is', amountOf(home) === '900.00', amountOf(home));
  checks.ok('who changed it stands below', (await page.textContent('main')).includes('Earlier changes'));
  await page.evaluate(() => {
    const slider = document.querySelector('input.slider');
    slider.value = '150';
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  });
  checks.ok('the slider moves the amount', (await page.inputValue('#amount')) === '150.00');
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const noscript = await plain.newPage();
  await noscript.goto(`${home.base()}/limits/kitchen-day`);
  await noscript.fill('#max_count', '2');
  await noscript.click(save);
  checks.ok('the same without script', home.command('limit', 'list').limits.find((l) => l.id === 'kitchen-day').max_count === 2);
  await page.goto(`${home.base()}/limits/new`);
  await page.selectOption('#scope', 'member:grandma');
  await page.selectOption('#period', 'week');
  await page.fill('#amount', '80.00');
  await page.fill('#password', PASSWORD);
  await page.click('form[action="/limits/new"] button');
  await page.waitForURL('**/limits/member-grandma-week');
  checks.ok('a new limit is made', (await page.textContent('h1')).includes('奶奶'));
  await page.locator('details summary').click();
  await page.fill('#remove-password', PASSWORD);
  await page.click('form[action$="/remove"] button');
  await page.waitForURL('**/limits');
  checks.ok('and taken out of force', !home.command('limit', 'list').limits.some((l) => l.id === 'member-grandma-week'));
}
