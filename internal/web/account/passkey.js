// Passkeys: the only part of signing in that needs script. A button asks the server what to ask, lets the browser ask the
// device, and sends the form around it with the answer.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const decoded = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

// created asks the device for a new key and returns what the server checks.
async function created(options) {
  const key = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: decoded(options.excludeCredentials),
    },
  });
  return {
    ...common(key),
    response: {
      clientDataJSON: text(key.response.clientDataJSON),
      attestationObject: text(key.response.attestationObject),
      transports: key.response.getTransports?.() ?? [],
    },
  };
}

// given asks for a key that is there.
async function given(options) {
  const key = await navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: decoded(options.allowCredentials) },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = key.response;
  const response = { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) };
  if (userHandle) response.userHandle = text(userHandle);
  return { ...common(key), response };
}

function common(key) {
  return { id: key.id, rawId: text(key.rawId), type: key.type, clientExtensionResults: key.getClientExtensionResults() };
}

async function ask(button) {
  const { form } = button;
  if (!form.reportValidity()) return;
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  button.disabled = true;
  try {
    const answer = await fetch(button.dataset.passkey, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ _token: form.elements._token.value }),
    });
    if (!answer.ok) throw new Error(`asked and got ${answer.status}`);
    const options = await answer.json();
    const key = button.dataset.passkeyMode === "create" ? await created(options) : await given(options);
    form.elements[button.dataset.passkeyField].value = JSON.stringify(key);
    form.submit();
  } catch {
    // Cancelled, timed out, or not known to this device: the person tries again or another way.
    failed.hidden = false;
    button.disabled = false;
  }
}

if (globalThis.PublicKeyCredential && navigator.credentials) {
  for (const button of document.querySelectorAll("button[data-passkey]")) {
    button.form.querySelector("[data-passkey-missing]").hidden = true;
    button.hidden = false;
    button.addEventListener("click", () => ask(button));
  }
}
