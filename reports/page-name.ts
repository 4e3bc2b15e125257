/** Name of a bundle's page in its folder. */
export const PAGE = 'page.html';
