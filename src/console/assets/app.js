'use strict';
// The setup code stands behind the # of the address that the terminal shows: it never leaves the browser
// but in the form.
function takeCode() {
  const code = /^#(\d{6})$/.exec(location.hash);
  const field = document.querySelector('#code');
  if (code && field && !field.value) {
    field.value = code[1];
    history.replaceState(null, '', location.pathname);
    document.querySelector('#name, #password')?.focus();
  }
}
addEventListener('DOMContentLoaded', takeCode);
addEventListener('hashchange', takeCode);
// A slider beside a field of an amount: only with script, as it sends nothing itself.
addEventListener('DOMContentLoaded', () => {
  for (const slider of document.querySelectorAll('input.slider')) {
    const field = document.getElementById(slider.dataset.of);
    slider.hidden = false;
    slider.addEventListener('input', () => { field.value = `${slider.value}.00`; });
    field.addEventListener('input', () => { slider.value = field.value; });
  }
});

// Passkeys. Their buttons are shown where the browser has them; without, the other ways stand beside.
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

async function ask(path, body) {
  const answer = await fetch(path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.say || String(answer.status));
  return told;
}

async function signed(options) {
  const asked = options.publicKey;
  asked.challenge = toBytes(asked.challenge);
  for (const key of asked.allowCredentials || []) key.id = toBytes(key.id);
  const { id, rawId, type, response } = await navigator.credentials.get({ publicKey: asked });
  return { id, rawId: toText(rawId), type, extensions: {}, response: {
    authenticatorData: toText(response.authenticatorData),
    clientDataJSON: toText(response.clientDataJSON),
    signature: toText(response.signature),
    userHandle: response.userHandle ? toText(response.userHandle) : null,
  } };
}

async function made(options) {
  const asked = options.publicKey;
  asked.challenge = toBytes(asked.challenge);
  asked.user.id = toBytes(asked.user.id);
  for (const key of asked.excludeCredentials || []) key.id = toBytes(key.id);
  const { id, rawId, type, response } = await navigator.credentials.create({ publicKey: asked });
  return { id, rawId: toText(rawId), type, extensions: {}, response: {
    attestationObject: toText(response.attestationObject),
    clientDataJSON: toText(response.clientDataJSON),
  } };
}

const PASSKEY_ACTS = {
  async approve({ dataset }) {
    const begun = await ask(`/orders/${dataset.order}/passkey/begin`, { looked_at: dataset.lookedAt });
    return ask('/proof/end', { token: begun.token, credential: await signed(begun.options) });
  },
  async 'sign-in'() {
    const begun = await ask('/sign-in/passkey/begin', { who: document.querySelector('#who')?.value || '' });
    return ask('/sign-in/passkey/end', { token: begun.token, credential: await signed(begun.options) });
  },
  async new(form) {
    const { name, ...proof } = Object.fromEntries(new FormData(form));
    const begun = await ask('/security/passkeys/begin', proof);
    return ask('/security/passkeys/end', { token: begun.token, name, credential: await made(begun.options) });
  },
};

async function act(element) {
  const fault = document.querySelector('#passkey-fault');
  fault.hidden = true;
  try {
    location.assign((await PASSKEY_ACTS[element.dataset.passkey](element)).to);
  } catch (error) {
    fault.textContent = error instanceof DOMException ? document.body.dataset.passkeyCancelled : error.message;
    fault.hidden = false;
  }
}

function showPasskeys() {
  if (!window.PublicKeyCredential) return;
  document.querySelectorAll('[data-passkey][hidden]').forEach((element) => { element.hidden = false; });
}
addEventListener('DOMContentLoaded', () => {
  showPasskeys();
  new MutationObserver(showPasskeys).observe(document.body, { childList: true, subtree: true });
});
addEventListener('click', (event) => {
  const button = event.target.closest('button[data-passkey]');
  if (button) act(button);
});
addEventListener('submit', (event) => {
  if (!event.target.dataset.passkey) return;
  event.preventDefault();
  act(event.target);
});
