// What every part uses: the browser, what counts as a fault, and the tally.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const require = createRequire(join(process.env.HOMEPAY_TEST_BROWSER, 'package.json'));
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const PASSWORD = 'a long sentence of hers';
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 320, height: 640 };
export const DESK = { width: 1280, height: 800 };

export const launch = (more = [], env = {}) =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: [...FLAGS, ...more], env: { ...process.env, ...env } });

export class Checks {
  constructor(pictures) {
    this.pictures = pictures;
    this.passed = 0;
    this.failed = [];
    this.faults = [];
    mkdirSync(pictures, { recursive: true });
  }

  ok(what, yes, more = '') {
    if (yes) this.passed += 1;
    else this.failed.push(what);
    console.log(`${yes ? 'ok  ' : 'FAIL'} ${what} ${more}`);
  }

  /** Scripts that fail and what the content security policy forbids are faults, whichever page has them. */
  watch(page) {
    page.on('console', (message) => {
      const text = message.text();
      // That an answer was a refusal is what many checks want.
      if (message.type() === 'error' && !/status of (4\d\d|503)/.test(text)) this.faults.push(text);
      if (/Content Security/.test(text)) this.faults.push(text);
    });
    page.on('pageerror', (error) => this.faults.push(error.message));
    return page;
  }

  async page(context) {
    return this.watch(await context.newPage());
  }

  async picture(page, name, fullPage = false) {
    await page.screenshot({ path: join(this.pictures, `${name}.png`), fullPage });
  }

  /** What axe-core finds, and whether the page scrolls sideways. */
  async violations(page) {
    await page.evaluate(AXE);
    const found = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
    const told = found.violations.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].target}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    return wide ? [...told, 'scrolls sideways'] : told;
  }
}

/** Signs the first owner in by the setup code. */
export async function setUp(page, home) {
  await page.goto(`${home.base()}/setup#${home.code}`);
  if (await page.locator('#name').count()) await page.fill('#name', '妈妈');
  await page.fill('#password', PASSWORD);
  await page.click('button.primary');
  await page.waitForURL((url) => url.pathname !== '/setup');
}
