import { createContext, useContext } from "react";

/** The element that dialogs, tips and notifications are put into; undefined is the page's body. */
export const PortalGround = createContext<HTMLElement | undefined>(undefined);

export const usePortalGround = (): HTMLElement | undefined => useContext(PortalGround);
