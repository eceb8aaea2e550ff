// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RewardsStorage} from "./RewardsStorage.sol";

/// @title The bitmap of active nodes: bit i of word w is node 256 w + i.
library ActiveSet {
    /// @notice Whether a node is active.
    function has(uint256 id) internal view returns (bool) {
        return (RewardsStorage.load().activeBitmap[id >> 8] >> (id & 0xff)) & 1 == 1;
    }

    /// @notice Sets a node's bit.
    function add(uint256 id) internal {
        RewardsStorage.load().activeBitmap[id >> 8] |= 1 << (id & 0xff);
    }

    /// @notice Clears a node's bit.
    function remove(uint256 id) internal {
        RewardsStorage.load().activeBitmap[id >> 8] &= ~(1 << (id & 0xff));
    }
}
