// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ClaimCycle} from "../../contracts/libraries/ClaimCycle.sol";

/// @dev P-26: each function, for all numbers of 256 bits that are not excluded.
contract ClaimCycleProofs {
    function P26_a_new_cycle_starts_at_zero(uint256 cycleNow, uint256 storedCycle, uint256 storedUsed) external pure {
        require(cycleNow != storedCycle);
        assert(ClaimCycle.used(cycleNow, storedCycle, storedUsed) == 0);
    }

    function P26_the_running_cycle_goes_on(uint256 cycle, uint256 storedUsed) external pure {
        assert(ClaimCycle.used(cycle, cycle, storedUsed) == storedUsed);
    }

    function P26_what_is_left_is_at_most_the_limit(uint256 used, uint256 limit) external pure {
        assert(ClaimCycle.left(used, limit) <= limit);
    }

    function P26_nothing_is_left_above_a_lowered_limit(uint256 used, uint256 limit) external pure {
        require(used >= limit);
        assert(ClaimCycle.left(used, limit) == 0);
    }

    function P26_a_claim_never_passes_the_limit(uint256 amount, uint256 used, uint256 limit) external pure {
        require(amount != 0);
        assert(ClaimCycle.take(amount, used, limit) <= limit);
    }

    function P26_a_claim_counts_exactly(uint256 amount, uint256 used, uint256 limit) external pure {
        uint256 taken = ClaimCycle.take(amount, used, limit);
        assert(taken >= used);
        assert(taken - used == amount);
    }

    function P26_the_limit_can_be_reached(uint256 used, uint256 limit) external pure {
        require(used <= limit);
        assert(ClaimCycle.take(limit - used, used, limit) == limit);
    }
}

/// @dev P-26: any number of claims in any cycles, under one limit, as RewardsDistributor stores them. There `used` has
/// 64 bits, as the limit has: that it is never above the limit is a property here, so the casts there lose nothing.
contract ClaimCycleHistoryProofs {
    uint256 private immutable _limit;
    uint256 private _cycle;
    uint256 private _used;
    uint256 private _counted; // the plain sum of all claims since the cycle began

    constructor(uint256 limit) {
        _limit = limit;
    }

    function claim(uint256 cycleNow, uint256 amount) external {
        if (cycleNow != _cycle) _counted = 0;
        _used = ClaimCycle.take(amount, ClaimCycle.used(cycleNow, _cycle, _used), _limit);
        _cycle = cycleNow;
        _counted += amount;
    }

    function P26_what_a_cycle_has_used_is_never_above_the_limit() external view {
        assert(_used <= _limit);
    }

    function P26_the_claims_of_a_cycle_never_pass_its_limit() external view {
        assert(_counted <= _limit);
    }

    function P26_what_is_stored_is_the_sum_of_the_claims() external view {
        assert(_used == _counted);
    }
}
