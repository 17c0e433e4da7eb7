/** Tags that tell whose a list is: the word of our mark, or the group that it is offered to. */
export const markTag = 'zonebridge:mark';
export const offerTag = 'zonebridge:offer';
