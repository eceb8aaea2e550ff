// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRewardRatePool} from "../../contracts/interfaces/IRewardRatePool.sol";
import {IRewardsDistributor, ProofClaim} from "../../contracts/interfaces/IRewardsDistributor.sol";
import {HostileToken} from "./support/HostileToken.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-25, P-26, P-29, P-49: the contract that rewards are paid from, by itself. Claims by signature and by proof
/// are in Rewards.t.sol and Proof.t.sol.
contract DistributorTest is NetworkTest {
    address private constant ALICE = address(0xa11ce);
    address private constant BOB = address(0xb0b);
    uint256 private constant N = 1;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        vm.warp(vm.getBlockTimestamp() + 1 hours);
    }

    // --- who may do what ---

    function test_P25_only_the_rewards_contract_raises_pays_for_others_and_sets() public {
        bytes[7] memory calls = [
            abi.encodeCall(distributor.raise, (ALICE, 1)),
            abi.encodeWithSignature("claimFor(address)", ALICE),
            abi.encodeWithSignature("claimFor(address,uint256)", ALICE, 1),
            abi.encodeCall(distributor.addRoot, (bytes32(uint256(1)))),
            abi.encodeCall(distributor.start, ()),
            abi.encodeCall(distributor.setPausedUntil, (type(uint40).max)),
            abi.encodeCall(distributor.setClaimLimit, (1, 1))
        ];
        address[3] memory callers = [ALICE, address(this), address(pool)];
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 j = 0; j < callers.length; ++j) {
                vm.prank(callers[j]);
                (bool success, bytes memory answer) = address(distributor).call(calls[i]);
                assertTrue(!success, "refused");
                assertEq(
                    answer,
                    abi.encodeWithSelector(
                        IRewardsDistributor.NotRewards.selector, callers[j], address(rewards)
                    )
                );
            }
        }
    }

    function test_P29_a_pause_stops_the_rewards_contract_too() public {
        _raise(ALICE, 5);
        uint256 until = vm.getBlockTimestamp() + 1 days;
        _pauseUntil(until);
        assertTrue(distributor.paused(), "paused");
        assertEq(distributor.pausedUntil(), until);
        _everythingIsRefused(until);
        vm.warp(until - 1);
        _everythingIsRefused(until);
        vm.warp(until);
        assertTrue(!distributor.paused(), "not paused");
        _claimAs(ALICE, 5);
    }

    function test_P29_a_pause_can_be_prolonged_and_ended() public {
        _raise(ALICE, 5);
        uint256 until = vm.getBlockTimestamp() + 1 days;
        _pauseUntil(until);
        _pauseUntil(until + 1 days);
        vm.warp(until);
        _everythingIsRefused(until + 1 days);
        _pauseUntil(0);
        assertTrue(!distributor.paused(), "not paused");
        _claimAs(ALICE, 5);
    }

    function test_P29_a_pause_of_more_than_40_bits_is_refused() public {
        uint256 tooLate = uint256(type(uint40).max) + 1;
        vm.prank(address(rewards));
        vm.expectRevert(
            abi.encodeWithSelector(IRewardsDistributor.ParameterOutOfRange.selector, "pausedUntil", tooLate)
        );
        distributor.setPausedUntil(tooLate);
        _pauseUntil(tooLate - 1);
        assertEq(distributor.pausedUntil(), tooLate - 1);
    }

    function test_P29_a_pause_leaves_the_other_numbers_as_they_are() public {
        _raise(ALICE, 5);
        _claimAs(ALICE, 5);
        _pauseUntil(type(uint40).max);
        (uint256 limit, uint256 used, uint256 cycleSeconds) = distributor.claimCycle();
        assertEq(limit, CLAIM_LIMIT);
        assertEq(used, 5);
        assertEq(cycleSeconds, CYCLE);
        vm.prank(address(rewards));
        distributor.setClaimLimit(type(uint64).max, type(uint24).max);
        assertEq(distributor.pausedUntil(), type(uint40).max);
        assertEq(distributor.payableRootCount(), 0);
    }

    // --- where the tokens come from ---

    function test_P26_tokens_that_are_here_are_paid_without_the_pool() public {
        pool.payoutReleased();
        vm.warp(vm.getBlockTimestamp() + 1 hours);
        uint256 paidOut = pool.totalPaid();
        _raise(ALICE, 5);
        _claimAs(ALICE, 5);
        assertEq(pool.totalPaid(), paidOut);
        assertEq(token.balanceOf(ALICE), 5);
    }

    function test_P26_too_few_tokens_here_bring_the_pools_payout() public {
        _raise(ALICE, 5);
        assertEq(token.balanceOf(address(distributor)), 0);
        uint256 due = pool.pendingRelease();
        vm.expectEmit(address(pool));
        emit IRewardRatePool.PaidOut(address(distributor), due, due);
        _claimAs(ALICE, 5);
        assertEq(token.balanceOf(ALICE), 5);
        assertEq(token.balanceOf(address(distributor)), due - 5);
    }

    function test_P26_too_few_tokens_after_the_payout_change_nothing() public {
        uint256 due = pool.pendingRelease();
        _raise(ALICE, due + 1);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.RewardsShort.selector, due, due + 1));
        distributor.claimRewards();
        assertEq(pool.pendingRelease(), due);
        _pairIs(ALICE, due + 1, 0);
        _claimAs(ALICE, due);
        assertEq(token.balanceOf(address(distributor)), 0);
    }

    function test_P26_a_transfer_that_fails_otherwise_changes_nothing() public {
        HostileToken hostile = _hostile();
        pool.payoutReleased();
        _raise(ALICE, 5);
        hostile.setRefusals(type(uint256).max);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        distributor.claimRewards();
        _pairIs(ALICE, 5, 0);
        // One that fails once is tried again.
        hostile.setRefusals(1);
        _claimAs(ALICE, 5);
        assertEq(token.balanceOf(ALICE), 5);
    }

    function test_P26_a_token_with_a_fee_takes_it_from_the_recipient_alone() public {
        HostileToken hostile = _hostile();
        pool.payoutReleased();
        uint256 held = token.balanceOf(address(distributor));
        _raise(ALICE, 100);
        hostile.setFee(1_000);
        _claimAs(ALICE, 100);
        assertEq(token.balanceOf(ALICE), 90);
        assertEq(token.balanceOf(address(distributor)), held - 100);
        _pairIs(ALICE, 100, 100);
    }

    // --- re-entrancy ---

    function test_P26_a_token_that_calls_back_is_paid_once() public {
        bytes[4] memory calls = [
            abi.encodeWithSignature("claimRewards()"),
            abi.encodeWithSignature("claimRewards(uint256)", 7),
            abi.encodeCall(distributor.claimWithProof, (7, 0, new bytes32[](0))),
            abi.encodeCall(pool.payoutReleased, ())
        ];
        HostileToken hostile = _hostile();
        bytes32 leaf = keccak256(abi.encode(keccak256(abi.encode(address(hostile), uint256(7)))));
        vm.prank(address(rewards));
        distributor.addRoot(leaf);
        for (uint256 i = 0; i < 2 * calls.length; ++i) {
            // Half of them by way of the rewards contract, which forwards two of the calls.
            bool forwarded = i >= calls.length && i % calls.length < 2;
            uint256 before = token.balanceOf(address(distributor)) + pool.pendingRelease();
            (uint256 lifetime,) = distributor.recipients(address(hostile));
            _raise(address(hostile), lifetime + 7);
            address target =
                i % calls.length == 3 ? address(pool) : forwarded ? address(rewards) : address(distributor);
            hostile.setCallback(target, calls[i % calls.length]);
            // The token is itself the recipient: its transfers to itself call back.
            hostile.forward(address(distributor), calls[0]);
            hostile.setCallback(address(0), "");
            _pairIs(address(hostile), lifetime + 7, lifetime + 7);
            assertEq(token.balanceOf(address(hostile)), lifetime + 7);
            assertEq(token.balanceOf(address(distributor)) + pool.pendingRelease(), before - 7);
            assertEq(token.balanceOf(address(rewards)), rewards.principal());
        }
    }

    function test_P26_parts_that_are_claimed_by_calling_back_are_all_counted() public {
        HostileToken hostile = _hostile();
        _raise(address(hostile), 30);
        // Each transfer calls for ten more, that of the pool's payout first of all.
        hostile.setCallback(address(distributor), abi.encodeWithSignature("claimRewards(uint256)", 10));
        hostile.forward(address(distributor), abi.encodeWithSignature("claimRewards(uint256)", 10));
        _pairIs(address(hostile), 30, 30);
        assertEq(token.balanceOf(address(hostile)), 30);
        (, uint256 used,) = distributor.claimCycle();
        assertEq(used, 30);
    }

    // --- the edges of the numbers ---

    function test_P26_a_lifetime_of_all_128_bits_meets_the_limit() public {
        uint256 most = type(uint128).max;
        _raise(ALICE, most);
        rewards.setClaimLimit(type(uint64).max, CYCLE);
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardsDistributor.ClaimLimitExceeded.selector, most, type(uint64).max)
        );
        distributor.claimRewards();
        _claimAs(ALICE, 5);
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardsDistributor.ClaimLimitExceeded.selector, most - 5, type(uint64).max - 5)
        );
        distributor.claimRewards();
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardsDistributor.ClaimExceedsBalance.selector, type(uint256).max, most - 5)
        );
        distributor.claimRewards(type(uint256).max);
        vm.prank(address(rewards));
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.AmountTooLarge.selector, most + 1));
        distributor.raise(ALICE, most + 1);
    }

    /// @dev However the claims are cut, they reach the largest limit exactly and never pass it.
    function testFuzz_P26_claims_reach_the_largest_limit_and_no_further(uint64[4] memory parts) public {
        rewards.setClaimLimit(type(uint64).max, CYCLE);
        vm.warp((vm.getBlockTimestamp() / CYCLE + 1) * CYCLE);
        HostileToken hostile = _hostile();
        hostile.mint(address(distributor), 2 * uint256(type(uint64).max));
        _raise(ALICE, type(uint128).max);
        uint256 used = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            uint256 left = type(uint64).max - used;
            if (parts[i] == 0) continue;
            if (parts[i] <= left) {
                _claimAs(ALICE, parts[i]);
                used += parts[i];
            } else {
                vm.prank(ALICE);
                vm.expectRevert(
                    abi.encodeWithSelector(IRewardsDistributor.ClaimLimitExceeded.selector, parts[i], left)
                );
                distributor.claimRewards(parts[i]);
            }
            (, uint256 counted,) = distributor.claimCycle();
            assertEq(counted, used);
        }
        if (used != type(uint64).max) _claimAs(ALICE, type(uint64).max - used);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.ClaimLimitExceeded.selector, 1, 0));
        distributor.claimRewards(1);
        assertEq(token.balanceOf(ALICE), type(uint64).max);
    }

    // --- no dead end ---

    /// @dev What a later version of the rewards contract could do for a successor, with what there is.
    function test_P49_an_upgrade_could_pay_all_that_is_here_to_a_successor() public {
        pool.payoutReleased();
        uint256 held = token.balanceOf(address(distributor));
        _raise(ALICE, 5);
        vm.prank(address(rewards));
        distributor.setClaimLimit(type(uint64).max, CYCLE);
        _raise(BOB, held);
        vm.prank(address(rewards));
        distributor.claimFor(BOB);
        assertEq(token.balanceOf(BOB), held);
        assertEq(token.balanceOf(address(distributor)), 0);
        _pairIs(ALICE, 5, 0); // for the successor to take over
    }

    // --- helpers ---

    function _pauseUntil(uint256 until) private {
        vm.prank(address(rewards));
        distributor.setPausedUntil(until);
    }

    /// @dev By the rewards contract as by anybody.
    function _everythingIsRefused(uint256 until) private {
        bytes[7] memory calls = [
            abi.encodeWithSignature("claimFor(address)", ALICE),
            abi.encodeWithSignature("claimFor(address,uint256)", ALICE, 1),
            abi.encodeCall(distributor.addRoot, (bytes32(uint256(1)))),
            abi.encodeWithSignature("claimRewards()"),
            abi.encodeWithSignature("claimRewards(uint256)", 1),
            abi.encodeCall(distributor.claimWithProof, (1, 0, new bytes32[](0))),
            abi.encodeCall(distributor.updateRewardsBalancesWithProofs, (new ProofClaim[](0)))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(address(rewards));
            (bool success, bytes memory answer) = address(distributor).call(calls[i]);
            assertTrue(!success, "refused");
            assertEq(answer, abi.encodeWithSelector(IRewardsDistributor.EnforcedPause.selector, until));
        }
    }

    function _raise(address recipient, uint256 amount) private {
        vm.prank(address(rewards));
        distributor.raise(recipient, amount);
    }

    function _claimAs(address recipient, uint256 amount) private {
        vm.prank(recipient);
        distributor.claimRewards(amount);
    }

    function _pairIs(address recipient, uint256 lifetime, uint256 claimed) private view {
        (uint128 actualLifetime, uint128 actualClaimed) = distributor.recipients(recipient);
        assertEq(actualLifetime, lifetime);
        assertEq(actualClaimed, claimed);
    }

    /// @dev Puts a hostile token in the place of the token, balances kept.
    function _hostile() private returns (HostileToken) {
        vm.etch(address(token), address(new HostileToken()).code);
        return HostileToken(address(token));
    }
}
