// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewardRatePool} from "../../contracts/interfaces/IRewardRatePool.sol";
import {PoolMath} from "../../contracts/libraries/PoolMath.sol";
import {RewardRatePool} from "../../contracts/RewardRatePool.sol";
import {Deploy} from "./support/Deploy.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-31.
contract PoolTest is NetworkTest {
    uint256 private constant YEAR = 365 days;
    address private constant ANYBODY = address(0xabc);

    // --- the release ---

    function test_P31_releases_1402_bps_of_the_balance_in_the_first_year_from_the_start_on() public {
        vm.warp(vm.getBlockTimestamp() + 7 days);
        assertEq(pool.pendingRelease(), 0);
        _startWith(1);
        assertEq(pool.pendingRelease(), 0);
        vm.warp(vm.getBlockTimestamp() + YEAR);
        // 1 - e^-0.151
        assertEq(pool.pendingRelease(), POOL_FUNDS * 140_152_301_340_794_512 / 1e18);
    }

    function test_P31_never_releases_more_than_the_balance() public {
        _startWith(1);
        vm.warp(vm.getBlockTimestamp() + 300 * YEAR);
        assertEq(pool.payoutReleased(), POOL_FUNDS);
        assertEq(pool.payoutReleased(), 0);
        assertEq(pool.released(type(uint256).max), POOL_FUNDS);
        assertEq(pool.rewardRate(), 0);
        assertEq(token.balanceOf(address(pool)), 0);
    }

    function test_P31_the_reward_rate_is_151_permille_of_what_is_not_released() public {
        assertEq(pool.rewardRate(), 0);
        _startWith(1);
        assertEq(pool.rewardRate(), POOL_FUNDS * 151 / 1000);
        vm.warp(vm.getBlockTimestamp() + YEAR);
        uint256 left = POOL_FUNDS - pool.pendingRelease();
        assertEq(pool.rewardRate(), left * 151 / 1000);
        pool.payoutReleased();
        assertEq(pool.rewardRate(), left * 151 / 1000);
        token.approve(address(pool), POOL_FUNDS);
        pool.fund(POOL_FUNDS);
        assertEq(pool.rewardRate(), (left + POOL_FUNDS) * 151 / 1000);
    }

    // --- fund, sync ---

    function test_P31_a_late_deposit_is_not_paid_as_if_it_had_always_been_there() public {
        _startWith(1);
        vm.warp(vm.getBlockTimestamp() + YEAR);
        uint256 before = pool.pendingRelease();
        token.approve(address(pool), POOL_FUNDS);
        vm.expectEmit(address(pool));
        emit IRewardRatePool.Settled(2 * POOL_FUNDS - before, vm.getBlockTimestamp(), before);
        vm.expectEmit(address(pool));
        emit IRewardRatePool.Funded(address(this), POOL_FUNDS);
        pool.fund(POOL_FUNDS);
        assertEq(pool.pendingRelease(), before);
    }

    function test_P31_a_deposit_before_the_start_releases_from_the_start_on() public {
        token.approve(address(pool), 5e9);
        pool.fund(5e9);
        vm.warp(vm.getBlockTimestamp() + YEAR);
        token.transfer(address(pool), 7e9);
        assertEq(pool.sync(), 7e9);
        vm.warp(vm.getBlockTimestamp() + YEAR);
        assertEq(pool.payoutReleased(), 0);
        _startWith(1);
        assertEq(pool.released(vm.getBlockTimestamp()), 0);
        (uint256 balance, uint256 time, uint256 totalReleased) = pool.settlement();
        assertEq(balance, POOL_FUNDS + 12e9);
        assertEq(time, pool.startedAt());
        assertEq(totalReleased, 0);
    }

    function test_P31_sync_takes_in_what_was_transferred_and_otherwise_does_nothing() public {
        _startWith(1);
        vm.warp(vm.getBlockTimestamp() + 30 days);
        uint256 before = pool.pendingRelease();
        token.transfer(address(pool), 77);
        assertEq(pool.pendingRelease(), before);
        assertEq(pool.sync(), 77);
        (uint256 balance, uint256 time, uint256 totalReleased) = pool.settlement();
        assertEq(balance + totalReleased, POOL_FUNDS + 77);
        assertEq(time, vm.getBlockTimestamp());
        vm.warp(vm.getBlockTimestamp() + 30 days);
        vm.recordLogs();
        assertEq(pool.sync(), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        _checkSettlement(pool, balance, time, totalReleased);
    }

    // --- payoutReleased ---

    function test_P31_pays_the_distributor_only_and_settles_nothing() public {
        _startWith(1);
        uint256 start = vm.getBlockTimestamp();
        vm.warp(start + 30 days);
        uint256 due = pool.pendingRelease();
        uint256 held = token.balanceOf(address(distributor));
        vm.expectEmit(address(pool));
        emit IRewardRatePool.PaidOut(address(distributor), due, due);
        vm.recordLogs();
        vm.prank(ANYBODY);
        assertEq(pool.payoutReleased(), due);
        // The payout's event and the token's.
        assertEq(vm.getRecordedLogs().length, 2);
        assertEq(token.balanceOf(address(distributor)), held + due);
        assertEq(pool.totalPaid(), due);
        _checkSettlement(pool, POOL_FUNDS, start, 0);
        assertEq(pool.released(start + 30 days), due);
        assertEq(pool.payoutReleased(), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    // --- who calls, and how often ---

    function test_P31_who_syncs_often_changes_nothing() public {
        _startWith(1);
        uint256 from = vm.getBlockTimestamp();
        uint256 never = pool.released(from + YEAR);
        for (uint256 i = 1; i <= 4 * 365; ++i) {
            vm.warp(from + i * 6 hours);
            vm.prank(ANYBODY);
            pool.sync();
        }
        assertEq(pool.released(from + YEAR), never);
    }

    function test_P31_who_pays_out_often_changes_nothing() public {
        _startWith(1);
        uint256 from = vm.getBlockTimestamp();
        uint256 never = pool.released(from + YEAR);
        uint256 paid = 0;
        for (uint256 i = 1; i <= 4 * 365; ++i) {
            vm.warp(from + i * 6 hours);
            vm.prank(ANYBODY);
            paid += pool.payoutReleased();
        }
        assertEq(paid, never);
    }

    /// @dev A second's release of this pool is less than one atomic unit, which once was lost at each call.
    function test_P31_a_small_pool_that_is_synced_and_paid_out_each_second_releases_all_the_same() public {
        (RewardRatePool small, uint256 from) = _poolOf(208_847_682);
        uint256 never = small.released(from + 1 hours);
        assertEq(never, 3_599);
        uint256 paid = 0;
        for (uint256 i = 1; i <= 1 hours; ++i) {
            vm.warp(from + i);
            small.sync();
            paid += small.payoutReleased();
        }
        assertEq(paid, never);
    }

    /// @dev Deposits do settle. One of a single unit each six hours for a year: each moves what is released by less
    /// than 1.25 units, and what is not released stays in the pool.
    function test_P31_deposits_of_dust_move_the_release_by_at_most_a_unit_each() public {
        _startWith(1);
        uint256 from = vm.getBlockTimestamp();
        uint256 never = pool.released(from + YEAR);
        token.approve(address(pool), 2 * 365);
        for (uint256 i = 1; i <= 4 * 365; ++i) {
            vm.warp(from + i * 6 hours);
            if (i % 2 == 0) {
                pool.fund(1);
            } else {
                token.transfer(address(pool), 1);
                pool.sync();
            }
        }
        uint256 dusted = pool.released(from + YEAR);
        // The dust itself may release up to all of it.
        assertTrue(dusted <= never + 4 * 365, "nobody raises the release beyond what was paid in");
        assertTrue(dusted + 4 * 365 * 5 / 4 >= never, "at most 1.25 units each");
        (uint256 balance,, uint256 totalReleased) = pool.settlement();
        assertEq(balance + totalReleased, POOL_FUNDS + 4 * 365);
    }

    /// @dev Payouts and syncs that find nothing, at any times, by anybody: not one atomic unit of difference.
    function testFuzz_P31_payouts_and_empty_syncs_never_change_the_emission(uint32[12] memory steps, uint96 funds)
        public
    {
        (RewardRatePool own, uint256 from) = _poolOf(bound(funds, 0, 200_000_000e9));
        uint256 year = own.released(from + YEAR);
        uint256 century = own.released(from + 100 * YEAR);
        for (uint256 i = 0; i < steps.length; ++i) {
            vm.warp(vm.getBlockTimestamp() + bound(steps[i], 0, YEAR / steps.length));
            uint256 expected = own.released(vm.getBlockTimestamp());
            vm.prank(address(uint160(steps[i]) + 0x10000));
            if (steps[i] % 2 == 0) own.payoutReleased();
            else assertEq(own.sync(), 0);
            assertEq(own.released(vm.getBlockTimestamp()), expected);
            assertEq(own.totalPaid() + own.pendingRelease(), expected);
        }
        assertEq(own.released(from + YEAR), year);
        assertEq(own.released(from + 100 * YEAR), century);
    }

    /// @dev Any sequence of calls at any times: the pool follows the formula of P-31 from its last deposit, and its
    /// tokens are always what is not released and what is owed.
    function testFuzz_P31_any_history(uint32[8] memory steps, uint96[8] memory amounts) public {
        _startWith(1);
        uint256 balance = POOL_FUNDS;
        uint256 released = 0;
        uint256 paid = 0;
        uint256 settledAt = vm.getBlockTimestamp();
        for (uint256 i = 0; i < steps.length; ++i) {
            vm.warp(vm.getBlockTimestamp() + bound(steps[i], 0, YEAR));
            uint256 grown = PoolMath.releasedOf(uint128(balance), vm.getBlockTimestamp() - settledAt);
            assertEq(pool.released(vm.getBlockTimestamp()), released + grown);
            uint256 amount = bound(amounts[i], 1, 1_000e9);
            if (steps[i] % 3 == 2) {
                assertEq(pool.payoutReleased(), released + grown - paid);
                paid = released + grown;
            } else {
                _deposit(steps[i] % 3 == 0, amount);
                balance = balance - grown + amount;
                (released, settledAt) = (released + grown, vm.getBlockTimestamp());
            }
            _checkSettlement(pool, balance, settledAt, released);
            assertEq(token.balanceOf(address(pool)), balance + released - paid);
        }
    }

    function _deposit(bool funds, uint256 amount) private {
        if (funds) {
            token.approve(address(pool), amount);
            pool.fund(amount);
        } else {
            token.transfer(address(pool), amount);
            assertEq(pool.sync(), amount);
        }
    }

    /// @dev A pool of its own that pays this contract, started now.
    function _poolOf(uint256 funds) private returns (RewardRatePool made, uint256 startedAt) {
        bytes memory call = abi.encodeCall(RewardRatePool.initialize, (address(this), token, address(this)));
        made = RewardRatePool(Deploy.proxy(Deploy.poolLogic(), call));
        token.transfer(address(made), funds);
        made.start();
        return (made, vm.getBlockTimestamp());
    }

    function _checkSettlement(RewardRatePool of_, uint256 balance, uint256 time, uint256 totalReleased) private view {
        (uint256 gotBalance, uint256 gotTime, uint256 gotReleased) = of_.settlement();
        assertEq(gotBalance, balance);
        assertEq(gotTime, time);
        assertEq(gotReleased, totalReleased);
    }

    // --- refused ---

    function test_P31_refuses() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRewardRatePool.NotBeneficiary.selector, address(this), address(distributor))
        );
        pool.start();
        vm.expectRevert(abi.encodeWithSelector(IRewardRatePool.AmountIsZero.selector));
        pool.fund(0);
        _startWith(1);
        uint256 start = vm.getBlockTimestamp();
        vm.prank(address(distributor));
        vm.expectRevert(abi.encodeWithSelector(IRewardRatePool.PoolAlreadyStarted.selector, start));
        pool.start();
        vm.expectRevert(abi.encodeWithSelector(IRewardRatePool.TimeBeforeSettlement.selector, start - 1, start));
        pool.released(start - 1);
    }

    function test_P31_the_owner_hands_over_in_two_steps_and_never_renounces() public {
        vm.expectRevert(abi.encodeWithSelector(IRewardRatePool.OwnershipCannotBeRenounced.selector));
        pool.renounceOwnership();
        pool.transferOwnership(ANYBODY);
        assertEq(pool.owner(), address(this));
        vm.prank(ANYBODY);
        pool.acceptOwnership();
        assertEq(pool.owner(), ANYBODY);
    }

    // --- views ---

    function test_views() public view {
        assertEq(pool.beneficiary(), address(distributor));
        assertEq(distributor.rewards(), address(rewards));
        assertEq(address(rewards.distributor()), address(distributor));
        assertEq(address(pool.token()), address(token));
        assertEq(address(rewards.pool()), address(pool));
        assertEq(address(rewards.token()), address(token));
        assertEq(rewards.stakingRequirement(), STAKE);
        assertEq(rewards.epochSeconds(), 1 hours);
        assertEq(token.decimals(), 9);
    }
}
