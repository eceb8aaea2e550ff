/** Why a contract refused a call; the code is shared with commands outside of this package. */
export { parseRevert, revertText } from "@quorate/common/chain";
