/** The page begins here: elements register themselves, then the status poll and the first question start. */
import './components/app';
import { explore, status } from './state/context';

status.start();
explore.open();
// Fires for the back button, for a link into the page and for an address edited by hand.
window.addEventListener('popstate', () => {
  if (!location.hash || location.hash.startsWith('#/explore')) explore.open();
});
