// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TransparentUpgradeableProxy} from
    "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {RewardRatePool} from "../../../contracts/RewardRatePool.sol";
import {RewardsDistributor} from "../../../contracts/RewardsDistributor.sol";
import {SessionToken} from "../../../contracts/SessionToken.sol";
import {RewardsHarness} from "./RewardsHarness.sol";

/// @title Creates the contracts under test, from the caller's own address.
/// @dev Linked, so that the compiler optimises what it creates once: `new` in each test contract would do it each time,
/// which quadruples the compilation.
library Deploy {
    function token(uint256 supply, address holder) external returns (SessionToken) {
        return new SessionToken(supply, holder);
    }

    function poolLogic() external returns (address) {
        return address(new RewardRatePool());
    }

    function distributor(RewardRatePool pool, address rewards) external returns (RewardsDistributor) {
        return new RewardsDistributor(pool, rewards);
    }

    function rewardsLogic(RewardsDistributor distributor_) external returns (address) {
        return address(new RewardsHarness(distributor_));
    }

    function proxy(address logic, bytes calldata init) external returns (address) {
        return address(new TransparentUpgradeableProxy(logic, address(0xad), init));
    }
}
