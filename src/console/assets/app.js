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
