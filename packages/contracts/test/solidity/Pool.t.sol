// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewardRatePool} from "../../contracts/interfaces/IRewardRatePool.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-31.
contract PoolTest is NetworkTest {
    uint256 private constant YEAR = 365 days;

    function test_P31_releases_a_yearly_151_permille_from_the_start_on() public {
        vm.warp(block.timestamp + 7 days);
        assertEq(pool.pendingRelease(), 0);
        _startWith(1);
        assertEq(pool.pendingRelease(), 0);
        vm.warp(block.timestamp + YEAR);
        assertEq(pool.pendingRelease(), POOL_FUNDS * 151 / 1000);
    }

    function test_P31_never_releases_more_than_the_balance() public {
        _startWith(1);
        vm.warp(block.timestamp + 100 * YEAR);
        assertEq(pool.payoutReleased(), POOL_FUNDS);
        assertEq(pool.payoutReleased(), 0);
        assertEq(token.balanceOf(address(pool)), 0);
    }

    function test_P31_a_late_deposit_is_not_paid_as_if_it_had_always_been_there() public {
        _startWith(1);
        vm.warp(block.timestamp + YEAR);
        uint256 before = pool.pendingRelease();
        token.approve(address(pool), POOL_FUNDS);
        vm.expectEmit(address(pool));
        emit IRewardRatePool.Settled(2 * POOL_FUNDS - before, block.timestamp, before);
        pool.fund(POOL_FUNDS);
        assertEq(pool.pendingRelease(), before);
    }

    function test_P31_sync_takes_in_what_was_transferred() public {
        _startWith(1);
        vm.warp(block.timestamp + 30 days);
        uint256 before = pool.pendingRelease();
        token.transfer(address(pool), 77);
        assertEq(pool.pendingRelease(), before);
        assertEq(pool.sync(), 77);
        assertEq(pool.sync(), 0);
        (uint256 balance, uint256 time, uint256 totalReleased) = pool.settlement();
        assertEq(balance + totalReleased, POOL_FUNDS + 77);
        assertEq(time, block.timestamp);
    }

    function test_P31_pays_the_distributor_only() public {
        _startWith(1);
        vm.warp(block.timestamp + 30 days);
        uint256 due = pool.pendingRelease();
        uint256 held = token.balanceOf(address(distributor));
        vm.expectEmit(address(pool));
        emit IRewardRatePool.PaidOut(address(distributor), due, due);
        vm.prank(address(0xabc));
        assertEq(pool.payoutReleased(), due);
        assertEq(token.balanceOf(address(distributor)), held + due);
        assertEq(pool.totalPaid(), due);
    }

    /// @dev Any sequence of calls at any times: the pool follows the formula of P-31 from its last settlement, and its
    /// tokens are always what is not released and what is owed.
    function testFuzz_P31_any_history(uint32[8] memory steps, uint96[8] memory amounts) public {
        _startWith(1);
        uint256 balance = POOL_FUNDS;
        uint256 released = 0;
        uint256 paid = 0;
        uint256 settledAt = block.timestamp;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 elapsed = bound(steps[i], 0, YEAR);
            vm.warp(settledAt + elapsed);
            uint256 grown = balance * 151 * elapsed / (1000 * YEAR);
            if (grown > balance) grown = balance;
            assertEq(pool.released(block.timestamp), released + grown);
            (balance, released, settledAt) = (balance - grown, released + grown, block.timestamp);
            uint256 amount = bound(amounts[i], 1, 1_000e9);
            if (steps[i] % 3 == 0) {
                token.approve(address(pool), amount);
                pool.fund(amount);
                balance += amount;
            } else if (steps[i] % 3 == 1) {
                token.transfer(address(pool), amount);
                assertEq(pool.sync(), amount);
                balance += amount;
            } else {
                assertEq(pool.payoutReleased(), released - paid);
                paid = released;
            }
            (uint256 gotBalance, uint256 gotTime, uint256 gotReleased) = pool.settlement();
            assertEq(gotBalance, balance);
            assertEq(gotTime, settledAt);
            assertEq(gotReleased, released);
            assertEq(token.balanceOf(address(pool)), balance + released - paid);
        }
    }

    function test_P31_refuses() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRewardRatePool.NotBeneficiary.selector, address(this), address(distributor))
        );
        pool.start();
        vm.expectRevert(abi.encodeWithSelector(IRewardRatePool.AmountIsZero.selector));
        pool.fund(0);
        _startWith(1);
        vm.prank(address(distributor));
        vm.expectRevert(abi.encodeWithSelector(IRewardRatePool.PoolAlreadyStarted.selector, block.timestamp));
        pool.start();
        vm.expectRevert(
            abi.encodeWithSelector(
                IRewardRatePool.TimeBeforeSettlement.selector, block.timestamp - 1, block.timestamp
            )
        );
        pool.released(block.timestamp - 1);
    }

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
