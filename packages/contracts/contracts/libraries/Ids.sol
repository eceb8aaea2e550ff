// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Lists of node ids in memory.
library Ids {
    /// @notice Cuts a list to its first `length` ids, in place.
    function shorten(uint64[] memory list, uint256 length) internal pure returns (uint64[] memory) {
        assembly ("memory-safe") {
            mstore(list, length)
        }
        return list;
    }
}
