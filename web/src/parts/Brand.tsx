// The name and its mark.
export function Brand() {
  return (
    <div className="brand">
      <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true"><path d="M2.5 6.5 7 18.5l5-10 5 10 4.5-12" /><circle cx="12" cy="4" r="1.8" /></svg>
      <span>Waykeep</span>
    </div>
  );
}
