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
