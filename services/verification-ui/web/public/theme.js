// Runs before the first paint, so that nobody who chose dark sees a white flash.
(function () {
  var choice = null;
  try {
    choice = window.localStorage.getItem("tandem.theme");
  } catch (error) {
    choice = null; // storage is blocked: follow the system
  }
  var dark = choice === "dark" || (choice !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
