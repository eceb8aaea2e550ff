// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServiceNodeRewards} from "../../../contracts/interfaces/IServiceNodeRewards.sol";
import {ServiceNodeContributionFactory} from "../../../contracts/ServiceNodeContributionFactory.sol";

/// @title Creates the factory under test. Linked, for the reason of `Deploy`.
library DeployContribution {
    function factory(IServiceNodeRewards rewards) external returns (address) {
        return address(new ServiceNodeContributionFactory(rewards));
    }
}
