// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title What is cheap to ask of a list of signers before a pairing is paid for.
library SignerList {
    /// @notice Whether one of `ids` at least is in a state that `fits`.
    function any(uint64[] calldata ids, function(NodeState) pure returns (bool) fits) internal view returns (bool) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        for (uint256 i = 0; i < ids.length; ++i) {
            if (fits($.records[ids[i]].state)) return true;
        }
        return false;
    }
}
