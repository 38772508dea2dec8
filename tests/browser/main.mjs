// node tests/browser/main.mjs HOMEPAY PICTURES [PART…]: uses the console as people do. See `run`.
import { Checks, launch } from './checks.mjs';
import approve from './approve.mjs';
import doors from './doors.mjs';
import firstRun from './first_run.mjs';
import limits from './limits.mjs';
import pages from './pages.mjs';
import passkeys from './passkeys.mjs';
import reach from './reach.mjs';

const PARTS = { firstRun, approve, doors, limits, reach, passkeys, pages };

const [homepay, pictures, ...wanted] = process.argv.slice(2);
const unknown = wanted.find((part) => !(part in PARTS));
if (unknown) {
  console.error(`there is no part "${unknown}": there are ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
const checks = new Checks(pictures);
const began = Date.now();
for (const [name, part] of Object.entries(PARTS)) {
  if (wanted.length && !wanted.includes(name)) continue;
  console.log(`== ${name}`);
  const homes = [];
  const browser = await launch();
  try {
    await part({ browser, checks, homepay, keep: (home) => (homes.push(home), home) });
  } catch (error) {
    checks.ok(`${name} came to its end`, false, error.stack);
    for (const home of homes) console.log(home.told.slice(-3000));
  } finally {
    await browser.close();
    for (const home of homes) await home.stop();
  }
}
checks.ok('no script failed, and the policy forbade nothing', checks.faults.length === 0, checks.faults.slice(0, 3).join(' | '));
console.log(`${checks.passed} passed, ${checks.failed.length} failed in ${Math.round((Date.now() - began) / 1000)} s`);
process.exit(checks.failed.length || !checks.passed ? 1 : 0);
