"use strict";

// Plays both excerpts in step and switches between them without a gap. Without this script, or where a browser cannot
// decode them this way, two plain players remain.
(() => {
  const player = document.querySelector(".player");
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!player || !Context) return;

  const FADE_SECONDS = 0.015;
  const root = document.documentElement;
  const find = (selector) => player.querySelector(selector);
  const [controls, plain, button, seek, clock] =
    [".controls", ".plain", ".play", ".seek", ".clock"].map(find);
  const sides = [...player.querySelectorAll(".sides input")];
  const { start, seconds, song } = Object.fromEntries(
    Object.entries(player.dataset).map(([key, value]) => [key, Number(value)]));

  let context;
  let tracks; // The decoded excerpts with their gains: before, after.
  let sources = []; // While it plays.
  let origin = 0; // The context's time at position 0, while it plays.
  let held = 0; // The position while it is paused, in seconds.

  const isPlaying = () => sources.length > 0;
  const position = () =>
    isPlaying() ? Math.max(0, context.currentTime - origin) % seconds : held;
  const text = (at) => `${Math.floor(at / 60)}:${String(Math.floor(at % 60)).padStart(2, "0")}`;

  const decode = async (audio) => {
    const binary = atob(audio.src.slice(audio.src.indexOf(",") + 1));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const gain = context.createGain();
    gain.gain.value = 0;
    gain.connect(context.destination);
    return { buffer: await context.decodeAudioData(bytes.buffer), gain };
  };

  const load = async () => {
    context = new Context();
    tracks = await Promise.all([...player.querySelectorAll("audio")].map(decode));
    choose();
  };

  const choose = () =>
    tracks?.forEach(({ gain }, index) =>
      gain.gain.setTargetAtTime(sides[index].checked ? 1 : 0, context.currentTime, FADE_SECONDS / 3));

  const stop = () => {
    held = position();
    sources.forEach((source) => source.stop());
    sources = [];
  };

  const play = () => {
    const begin = context.currentTime + 0.02;
    sources = tracks.map(({ buffer, gain }) => {
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.loop = true;
      source.loopEnd = seconds;
      source.connect(gain);
      source.start(begin, held);
      return source;
    });
    origin = begin - held;
    requestAnimationFrame(follow);
  };

  const show = () => {
    const at = position();
    seek.value = at;
    seek.setAttribute("aria-valuetext", `${text(start + at)} of the song`);
    clock.textContent = text(start + at);
    root.style.setProperty("--at", `${(100 * (start + at)) / song}%`);
    root.classList.toggle("playing", isPlaying());
    button.setAttribute("aria-label", isPlaying() ? "Pause" : "Play");
  };

  const follow = () => {
    show();
    if (isPlaying()) requestAnimationFrame(follow);
  };

  const move = (at) => {
    const wasPlaying = isPlaying();
    if (wasPlaying) stop();
    held = Math.min(Math.max(at, 0), seconds - 0.01);
    if (wasPlaying) play();
    show();
  };

  button.addEventListener("click", async () => {
    try {
      if (!tracks) await load();
      await context.resume();
    } catch {
      controls.hidden = true;
      plain.hidden = false;
      return;
    }
    if (isPlaying()) stop();
    else play();
    show();
  });
  sides.forEach((side) => side.addEventListener("change", choose));
  seek.addEventListener("input", () => move(Number(seek.value)));
  document.querySelectorAll(".excerpt").forEach((mark) =>
    mark.addEventListener("click", (event) => {
      const { left, width } = mark.getBoundingClientRect();
      move((seconds * (event.clientX - left)) / width);
    }));

  controls.hidden = false;
  plain.hidden = true;
  root.classList.add("has-player");
  show();
})();
