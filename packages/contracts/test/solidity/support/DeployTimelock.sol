// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Code} from "./Code.sol";

/// @title Creates a timelock as P-114 asks for it.
library DeployTimelock {
    /// @param proposer Who schedules; anybody may carry out what is ready. Its admin is only itself.
    function timelock(uint256 delay, address proposer) internal returns (TimelockController) {
        address[] memory proposers = new address[](1);
        proposers[0] = proposer;
        bytes memory arguments = abi.encode(delay, proposers, new address[](1), address(0));
        return TimelockController(payable(Code.create("TimelockController.sol:TimelockController", arguments)));
    }
}
