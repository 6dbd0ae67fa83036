/** Shows the time of the build in the visitor's own zone, and puts stars into the sky. */
const time = document.querySelector('time');
const built = new Date(time.dateTime);
time.textContent = built.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' });

const stars = document.querySelector('.stars');
for (let index = 0; index < 90; index += 1) {
  // A fixed pattern: the same sky for everyone.
  const x = (index * 397) % 1200;
  const y = (index * 251) % 340;
  const star = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
  star.setAttribute('cx', x);
  star.setAttribute('cy', y);
  star.setAttribute('r', 0.6 + (index % 3) * 0.5);
  star.setAttribute('opacity', 0.35 + (index % 5) * 0.13);
  stars.append(star);
}
