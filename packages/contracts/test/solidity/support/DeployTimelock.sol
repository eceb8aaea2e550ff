// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Creates a timelock as P-114 asks for it. Linked, for the reason of `Deploy`.
library DeployTimelock {
    /// @param proposer Who schedules; anybody may carry out what is ready. Its admin is only itself.
    function timelock(uint256 delay, address proposer) external returns (TimelockController) {
        address[] memory proposers = new address[](1);
        proposers[0] = proposer;
        return new TimelockController(delay, proposers, new address[](1), address(0));
    }
}
