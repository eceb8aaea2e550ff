// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RewardRatePool} from "../../../contracts/RewardRatePool.sol";
import {RewardsDistributor} from "../../../contracts/RewardsDistributor.sol";
import {SessionToken} from "../../../contracts/SessionToken.sol";
import {Code} from "./Code.sol";

/// @title Creates the contracts under test, from the caller's own address.
/// @dev From their artifacts, which are those that are shipped; only the harness is compiled for the tests.
library Deploy {
    function token(uint256 supply, address holder) internal returns (SessionToken) {
        return SessionToken(Code.create("contracts/SessionToken.sol:SessionToken", abi.encode(supply, holder)));
    }

    function poolLogic() internal returns (address) {
        return Code.create("contracts/RewardRatePool.sol:RewardRatePool", "");
    }

    function distributor(RewardRatePool pool, address rewards) internal returns (RewardsDistributor) {
        bytes memory arguments = abi.encode(pool, rewards);
        return RewardsDistributor(Code.create("contracts/RewardsDistributor.sol:RewardsDistributor", arguments));
    }

    function rewardsLogic(RewardsDistributor distributor_) internal returns (address) {
        return Code.create("test/solidity/support/RewardsHarness.sol:RewardsHarness", abi.encode(distributor_));
    }

    function proxy(address logic, bytes memory init) internal returns (address) {
        bytes memory arguments = abi.encode(logic, address(0xad), init);
        return Code.create("TransparentUpgradeableProxy.sol:TransparentUpgradeableProxy", arguments);
    }
}
