/** The sign-in form: says so when the password was not right. */

if (new URLSearchParams(location.search).has("wrong")) {
  const line = document.getElementById("wrong");
  line.hidden = false;
  line.textContent = "That password does not fit. Try again.";
}
