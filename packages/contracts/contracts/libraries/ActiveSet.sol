// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RewardsStorage} from "./RewardsStorage.sol";

/// @title How the bitmap of active nodes changes: bit i of word w is node 256 w + i.
/// @dev Lists are read word by word where they are read (`SignatureCheck`, `ReportLib`).
library ActiveSet {
    /// @notice Sets a node's bit.
    function add(uint256 id) internal {
        RewardsStorage.load().activeBitmap[id >> 8] |= 1 << (id & 0xff);
    }

    /// @notice Clears a node's bit.
    function remove(uint256 id) internal {
        RewardsStorage.load().activeBitmap[id >> 8] &= ~(1 << (id & 0xff));
    }
}
