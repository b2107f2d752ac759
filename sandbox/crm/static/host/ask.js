/** Asks the sandbox itself, as whoever is signed in here. */
export async function ask(path, body) {
  const sent = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}) };
  const answer = await fetch(path, sent);
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
  return answer.json();
}
