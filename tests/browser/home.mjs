// A home of its own for one part: Mosquitto, the hub, and a speaker that signs.
import { spawn, execFileSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WITHIN_MS = 20_000;
const STOP_MS = 10_000;
const KEY = randomBytes(32);

export const HOUSEHOLD = `
[[members]]
id = "mum"
name = "妈妈"
role = "owner"
[[members]]
id = "grandma"
name = "奶奶"
role = "adult"
[[payees]]
id = "shop"
name = { zh-CN = "街角便利店", en = "Corner shop" }
[[payees]]
id = "grid"
name = { zh-CN = "供电公司", en = "Power company" }
[[catalog]]
sku = "water"
name = { zh-CN = "矿泉水 24 瓶", en = "Water, 24 bottles" }
aliases = ["矿泉水", "water"]
unit = "箱"
price = "29.90"
category = "grocery"
payee = "shop"
[[devices]]
id = "kitchen"
kind = "speaker"
name = { zh-CN = "厨房音箱", en = "Kitchen speaker" }
profile = "homepay-native"
keys = { k1 = "base64:${KEY.toString('base64')}" }
[[devices]]
id = "washer"
kind = "appliance"
name = { zh-CN = "洗衣机", en = "Washing machine" }
profile = "zigbee2mqtt"
topic = "zigbee2mqtt/washer"
tariff = "power"
run_kwh = "0.9"
[[tariffs]]
id = "power"
utility = "electricity"
payee = "grid"
file = "tariffs/cn/shanghai-tou.toml"
[[limits]]
id = "home-month"
scope = { home = true }
period = "month"
amount = "2000.00"
[[limits]]
id = "kitchen-day"
scope = { device = "kitchen" }
period = "day"
amount = "300.00"
approve_above = "50.00"
approve_within = "30m"
`;

/** A port that nobody has now. */
export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export async function until(what, look, within = WITHIN_MS) {
  const end = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

export class Home {
  /** Starts a home; without a household it is one of a first day. */
  static async start(homepay, household = HOUSEHOLD, more = '') {
    const home = new Home();
    home.homepay = homepay;
    home.dir = mkdtempSync(join(tmpdir(), 'homepay-browser-'));
    home.mqtt = await freePort();
    home.console = await freePort();
    home.seq = 0;
    home.epoch = Math.floor(Date.now() / 1000);
    home.broker = spawn('mosquitto', ['-p', home.mqtt], { stdio: 'ignore' });
    home.config = join(home.dir, 'homepay.toml');
    if (household !== null) writeFileSync(join(home.dir, 'household.toml'), household);
    writeFileSync(home.config, `[home]
timezone = "Asia/Shanghai"
currency = "CNY"
language = "zh-CN"
state_dir = "${home.dir}/state"
${household === null ? '' : `household = "${home.dir}/household.toml"`}
[mqtt]
url = "mqtt://127.0.0.1:${home.mqtt}"
[console]
listen = "127.0.0.1:${home.console}"
${more}`);
    await home.run();
    return home;
  }

  /** Starts the hub, and reads its setup code where it has one. */
  async run() {
    this.told = '';
    this.hub = spawn(this.homepay, ['run', '--config', this.config], { stdio: ['ignore', 'pipe', 'pipe'] });
    const hear = (text) => { this.told += text; };
    this.hub.stdout.on('data', hear);
    this.hub.stderr.on('data', hear);
    await until(`the hub is ready: ${this.told}`, async () => {
      if (this.hub.exitCode !== null) throw new Error(`the hub ended: ${this.told}`);
      const ready = await fetch(`${this.base('127.0.0.1')}/readyz`).catch(() => null);
      return ready?.ok;
    });
    this.code = /setup code +(\d{6})/.exec(this.told)?.[1];
  }

  async kill() {
    const ended = new Promise((done) => this.hub.once('exit', done));
    this.hub.kill('SIGKILL');
    await ended;
  }

  base(host = 'localhost') {
    return `http://${host}:${this.console}`;
  }

  command(...words) {
    const told = execFileSync(this.homepay, ['--config', this.config, '--json', ...words], { encoding: 'utf8' });
    return JSON.parse(told);
  }

  publish(topic, payload) {
    execFileSync('mosquitto_pub', ['-p', String(this.mqtt), '-q', '1', '-t', topic, '-m', payload]);
  }

  /** An order by the kitchen speaker; waits until the books have it. */
  async order(id, quantity) {
    this.seq += 1;
    const topic = 'homepay/device/kitchen/order';
    const body = JSON.stringify({ order_id: id, items: [{ sku: 'water', quantity: String(quantity) }] });
    const ts = Math.floor(Date.now() / 1000);
    const signed = `homepay-device-v1\n${topic}\nkitchen\nk1\n${this.epoch}\n${this.seq}\n${ts}\n${body}`;
    const mac = createHmac('sha256', KEY).update(signed).digest('base64');
    this.publish(topic, JSON.stringify({ v: 1, device: 'kitchen', key: 'k1', epoch: this.epoch, seq: this.seq, ts, body, mac }));
    return until(`order ${id}`, () => this.found(id));
  }

  found(id) {
    return this.command('order', 'list').orders.find((order) => order.order_id === id);
  }

  async reached(id, state) {
    return until(`order ${id} is ${state}`, () => {
      const order = this.found(id);
      return order?.status === state && order;
    });
  }

  /** Ends both programs, and only then takes their files away. */
  async stop() {
    for (const program of [this.hub, this.broker]) {
      if (!program || program.exitCode !== null || program.signalCode !== null) continue;
      const ended = new Promise((done) => program.once('exit', done));
      const late = setTimeout(() => program.kill('SIGKILL'), STOP_MS);
      program.kill('SIGTERM');
      await ended;
      clearTimeout(late);
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}
