/**
 * Runs in the page: a wallet that announces itself (EIP-6963) and has the test's process answer for it (EIP-1193).
 */
const listeners = {};
const provider = {
  async request({ method, params = [] }) {
    const { result, error } = await window.askTestWallet(method, params);
    if (error !== undefined) throw error;
    if (method === "wallet_switchEthereumChain") {
      for (const tell of listeners.chainChanged ?? []) tell(params[0].chainId);
    }
    return result;
  },
  on(event, listener) {
    listeners[event] = [...(listeners[event] ?? []), listener];
  },
};
const info = Object.freeze({
  // Made up once: about:blank, where this runs first, is no secure context and has no crypto.randomUUID.
  uuid: "350670db-19fa-4704-a166-e52e178b59d2",
  name: "Test wallet",
  icon: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
  rdns: "test.wallet",
});
const announce = () =>
  window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
window.addEventListener("eip6963:requestProvider", announce);
announce();
