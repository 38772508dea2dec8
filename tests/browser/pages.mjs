// Every page in both languages, on a phone and a desk, light and dark: nothing that axe-core finds, nothing
// that scrolls sideways, and a picture of each.
import { Home } from './home.mjs';
import { DESK, NARROW, PASSWORD, PHONE, setUp } from './checks.mjs';

/** How large the first page may be, with all that it loads, in bytes as sent. */
const FIRST_PAGE_BYTES_MAX = 60_000;

/** What the tabs and the pages behind them lead to, so that a new page is drawn without being named here. */
async function found(page, base) {
  const paths = ['/', '/orders', '/orders/waits-long', '/sign-in', '/nothing-here'];
  for (let at = 0; at < paths.length; at += 1) {
    await page.goto(base + paths[at]);
    const links = await page.$$eval('a[href^="/"]', (all) => all.filter((a) => !a.hasAttribute('download')).map((a) => a.getAttribute('href')));
    for (const link of links) {
      const path = link.split(/[?#]/)[0];
      const kind = path.replace(/^\/(orders|limits|devices|bills|alerts|tariffs|members)\/[^/]+/, '/$1/*');
      const known = paths.some((p) => p.replace(/^\/(orders|limits|devices|bills|alerts|tariffs|members)\/[^/]+/, '/$1/*') === kind);
      if (!known && !path.startsWith('/assets') && !/\.(csv|ofx|beancount|journal|crt)$|export|download/.test(path)) paths.push(path);
    }
  }
  return paths;
}

/** What a browser loads that was never here. */
async function firstPageBytes(context, base) {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  let bytes = 0;
  cdp.on('Network.loadingFinished', (sent) => { bytes += sent.encodedDataLength; });
  await page.goto(`${base}/`);
  await page.waitForLoadState('load');
  await page.waitForTimeout(500);
  await context.close();
  return bytes;
}

export default async function pages({ browser, checks, homepay, keep }) {
  const home = keep(await Home.start(homepay));
  const first = await browser.newContext({ locale: 'en' });
  const signed = await checks.page(first);
  await setUp(signed, home);
  for (const energy of [100, 101.2, 103.9]) home.publish('zigbee2mqtt/washer', JSON.stringify({ energy, power: 900 }));
  await home.order('paid-order', 1);
  await home.order('waits-long', 3);
  await home.order('waits-short', 2);
  const storageState = await first.storageState();
  const bytes = await firstPageBytes(await browser.newContext({ storageState }), home.base());
  checks.ok('the first page is small', bytes > 1_000 && bytes < FIRST_PAGE_BYTES_MAX, `${bytes} bytes`);
  const paths = await found(signed, home.base());
  checks.ok('the tabs lead to pages', paths.length > 4, paths.join(' '));
  for (const language of ['en', 'zh-CN']) {
    for (const [size, viewport] of [['phone', PHONE], ['desk', DESK], ['narrow', NARROW]]) {
      for (const scheme of ['light', 'dark']) {
        if (size === 'narrow' && scheme === 'dark') continue;
        const context = await browser.newContext({ viewport, locale: language, colorScheme: scheme, storageState });
        const page = await checks.page(context);
        const bad = [];
        for (const path of paths) {
          await page.goto(home.base() + path);
          for (const fault of await checks.violations(page)) bad.push(`${path} ${fault}`);
          const name = path === '/' ? 'home' : path.slice(1).replace(/\//g, '-');
          await checks.picture(page, `${size}-${language}-${scheme}-${name}`, size !== 'desk');
        }
        checks.ok(`${language} ${size} ${scheme}: ${paths.length} pages`, bad.length === 0, bad.slice(0, 6).join(' | '));
        await context.close();
      }
    }
  }
}
