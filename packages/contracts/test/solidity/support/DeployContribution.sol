// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServiceNodeRewards} from "../../../contracts/interfaces/IServiceNodeRewards.sol";
import {Code} from "./Code.sol";

/// @title Creates the factory under test.
library DeployContribution {
    function factory(IServiceNodeRewards rewards) internal returns (address) {
        return Code.create(
            "contracts/ServiceNodeContributionFactory.sol:ServiceNodeContributionFactory", abi.encode(rewards)
        );
    }
}
