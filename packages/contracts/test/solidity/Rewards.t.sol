// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IRewardsDistributor} from "../../contracts/interfaces/IRewardsDistributor.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-24 to P-26 and P-29.
contract RewardsTest is NetworkTest {
    address private constant ALICE = address(0xa11ce);
    uint256 private constant N = 20;

    function setUp() public override {
        super.setUp();
        _startWith(N);
    }

    // --- updateRewardsBalance ---

    function test_P25_raises_the_lifetime_amount() public {
        _award(ALICE, 5, N);
        bytes32 digest = rewards.hashRewardClaim(ALICE, 9);
        BLS.G2Point memory signature = Signer.sign(_sumTo(N), digest);
        vm.expectEmit(address(distributor));
        emit IRewardsDistributor.RewardsBalanceUpdated(ALICE, 9, 5);
        rewards.updateRewardsBalance(ALICE, 9, signature, none, none);
        (uint128 lifetime, uint128 claimed) = rewards.recipients(ALICE);
        assertEq(lifetime, 9);
        assertEq(claimed, 0);
    }

    function testFuzz_P25_never_lowers_or_repeats(uint128 first, uint128 second) public {
        first = uint128(bound(first, 1, type(uint128).max));
        second = uint128(bound(second, 0, first));
        _award(ALICE, first, N);
        BLS.G2Point memory signature = Signer.sign(_sumTo(N), rewards.hashRewardClaim(ALICE, second));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.AmountNotRaised.selector, second, first));
        rewards.updateRewardsBalance(ALICE, second, signature, none, none);
    }

    function test_P25_refuses_an_amount_beyond_128_bits() public {
        uint256 amount = uint256(type(uint128).max) + 1;
        BLS.G2Point memory signature = Signer.sign(_sumTo(N), rewards.hashRewardClaim(ALICE, amount));
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.AmountTooLarge.selector, amount));
        rewards.updateRewardsBalance(ALICE, amount, signature, none, none);
    }

    function test_P24_19_of_20_pay_and_18_do_not() public {
        bytes32 digest = rewards.hashRewardClaim(ALICE, 5);
        BLS.G2Point memory signature = Signer.sign(_sumTo(N) - 3 - 7, digest);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 18 * STAKE, 20 * STAKE, 9_500)
        );
        rewards.updateRewardsBalance(ALICE, 5, signature, _ids(3, 7), none);
        rewards.updateRewardsBalance(ALICE, 5, Signer.sign(_sumTo(N) - 7, digest), _ids(7), none);
    }

    function test_P24_the_floor_counts_decommissioned_stake() public {
        // 15 active and 5 decommissioned: the floor is 15 of 20, exactly 7500 bps, so one absent active node breaks it.
        for (uint64 id = 16; id <= N; ++id) rewards.setState(id, NodeState.Decommissioned);
        _award(ALICE, 5, 15);
        rewards.setState(15, NodeState.Decommissioned);
        bytes32 digest = rewards.hashRewardClaim(ALICE, 6);
        BLS.G2Point memory signature = Signer.sign(_sumTo(14), digest);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.FloorNotReached.selector, 14 * STAKE, 20 * STAKE, 7_500)
        );
        rewards.updateRewardsBalance(ALICE, 6, signature, none, none);
        // The decommissioned node 15 signed as well: named as an extra signer it lifts the floor, not the quorum.
        rewards.updateRewardsBalance(ALICE, 6, Signer.sign(_sumTo(15), digest), none, _ids(15));
    }

    function test_P24_extra_signers_add_nothing_to_the_quorum() public {
        rewards.setState(20, NodeState.Decommissioned);
        bytes32 digest = rewards.hashRewardClaim(ALICE, 5);
        BLS.G2Point memory signature = Signer.sign(_sumTo(N) - 1, digest);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 18 * STAKE, 19 * STAKE, 9_500)
        );
        rewards.updateRewardsBalance(ALICE, 5, signature, _ids(1), _ids(20));
    }

    function test_P4_a_signature_does_not_hold_for_another_recipient_amount_chain_or_contract() public {
        bytes32 digest = rewards.hashRewardClaim(ALICE, 5);
        BLS.G2Point memory signature = Signer.sign(_sumTo(N), digest);
        _refusedAs(address(0xb0b), 5, signature);
        _refusedAs(ALICE, 6, signature);
        vm.chainId(999);
        assertTrue(rewards.hashRewardClaim(ALICE, 5) != digest, "digest binds the chain");
        _refusedAs(ALICE, 5, signature);
        vm.chainId(31_337);

        // The same keys in another deployment.
        address first = address(rewards);
        _deploy();
        assertTrue(address(rewards) != first, "another contract");
        _startWith(N);
        _refusedAs(ALICE, 5, signature);
    }

    function _refusedAs(address recipient, uint256 amount, BLS.G2Point memory signature) private {
        bytes32 digest = rewards.hashRewardClaim(recipient, amount);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, digest));
        rewards.updateRewardsBalance(recipient, amount, signature, none, none);
    }

    function test_a_bundle_survives_changes_of_the_set() public {
        BLS.G2Point memory signature = Signer.sign(_sumTo(N), rewards.hashRewardClaim(ALICE, 5));
        // After signing: a node registers and becomes active without having signed, one leaves, one is decommissioned.
        uint64 late = _register(99, address(0x99));
        rewards.setState(late, NodeState.Active);
        rewards.setState(4, NodeState.Exited);
        rewards.setState(9, NodeState.Decommissioned);
        // 18 of the now 19 active nodes signed: below 95%, until the late one is gone again.
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 18 * STAKE, 19 * STAKE, 9_500)
        );
        rewards.updateRewardsBalance(ALICE, 5, signature, _ids(late), _ids(4, 9));
        rewards.setState(late, NodeState.Exited);
        rewards.updateRewardsBalance(ALICE, 5, signature, none, _ids(4, 9));
    }

    // --- claimRewards ---

    function test_P26_pays_all_or_a_part_to_the_caller() public {
        _award(ALICE, 50e9, N);
        vm.warp(block.timestamp + 30 days);
        vm.prank(ALICE);
        rewards.claimRewards(20e9);
        assertEq(token.balanceOf(ALICE), 20e9);
        vm.prank(ALICE);
        distributor.claimRewards(5e9);
        assertEq(token.balanceOf(ALICE), 25e9);
        vm.expectEmit(address(distributor));
        emit IRewardsDistributor.RewardsClaimed(ALICE, 25e9, 50e9);
        vm.prank(ALICE);
        rewards.claimRewards();
        assertEq(token.balanceOf(ALICE), 50e9);
        (uint128 lifetime, uint128 claimed) = rewards.recipients(ALICE);
        assertEq(lifetime, 50e9);
        assertEq(claimed, 50e9);
        _claimRefused(ALICE, abi.encodeWithSelector(IRewardsDistributor.NothingToClaim.selector, ALICE));
    }

    function test_P26_refuses_zero_and_more_than_is_owed() public {
        _award(ALICE, 5, N);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.NothingToClaim.selector, ALICE));
        rewards.claimRewards(0);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.ClaimExceedsBalance.selector, 6, 5));
        rewards.claimRewards(6);
        _claimRefused(address(9), abi.encodeWithSelector(IRewardsDistributor.NothingToClaim.selector, address(9)));
    }

    function test_P26_never_pays_out_of_principal() public {
        // The signers award more than the pool ever released: the principal stays.
        _award(ALICE, 500e9, N);
        uint256 principal = rewards.principal();
        assertEq(token.balanceOf(address(rewards)), principal);
        assertEq(token.balanceOf(address(distributor)), 0);
        _claimRefused(ALICE, abi.encodeWithSelector(IRewardsDistributor.RewardsShort.selector, 0, 500e9));
        vm.warp(block.timestamp + 1 hours);
        uint256 released = pool.pendingRelease();
        assertTrue(released > 0 && released < 500e9, "an hour's release is less");
        _claimRefused(ALICE, abi.encodeWithSelector(IRewardsDistributor.RewardsShort.selector, released, 500e9));
        vm.prank(ALICE);
        rewards.claimRewards(released);
        assertEq(token.balanceOf(ALICE), released);
        assertEq(token.balanceOf(address(distributor)), 0);
        assertEq(token.balanceOf(address(rewards)), principal);
    }

    function test_P26_the_limit_of_a_cycle() public {
        _award(ALICE, CLAIM_LIMIT + 5e9, N);
        vm.warp(block.timestamp + 60 days);
        _claimRefused(
            ALICE,
            abi.encodeWithSelector(IRewardsDistributor.ClaimLimitExceeded.selector, CLAIM_LIMIT + 5e9, CLAIM_LIMIT)
        );
        vm.prank(ALICE);
        rewards.claimRewards(CLAIM_LIMIT - 1e9);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.ClaimLimitExceeded.selector, 2e9, 1e9));
        rewards.claimRewards(2e9);
        (uint256 limit, uint256 used, uint256 cycle) = distributor.claimCycle();
        assertEq(limit, CLAIM_LIMIT);
        assertEq(used, CLAIM_LIMIT - 1e9);
        assertEq(cycle, CYCLE);
        vm.warp((block.timestamp / CYCLE + 1) * CYCLE);
        (, used,) = distributor.claimCycle();
        assertEq(used, 0);
        vm.prank(ALICE);
        rewards.claimRewards(6e9);
        assertEq(token.balanceOf(ALICE), CLAIM_LIMIT + 5e9);
    }

    function test_P26_a_lowered_limit_holds_at_once() public {
        _award(ALICE, 20e9, N);
        vm.warp((block.timestamp / CYCLE + 60) * CYCLE);
        vm.prank(ALICE);
        rewards.claimRewards(10e9);
        rewards.setClaimLimit(5e9, CYCLE);
        _claimRefused(ALICE, abi.encodeWithSelector(IRewardsDistributor.ClaimLimitExceeded.selector, 10e9, 0));
    }

    function testFuzz_P26_what_is_paid_never_exceeds_what_is_owed(uint96[6] memory amounts) public {
        uint256 owed = 0;
        uint256 paid = 0;
        rewards.setClaimLimit(type(uint64).max, CYCLE);
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 amount = bound(amounts[i], 1, 100e9);
            if (i % 2 == 0) {
                owed += amount;
                _award(ALICE, owed, N);
                vm.warp(block.timestamp + 10 days);
            } else if (amount <= owed - paid) {
                vm.prank(ALICE);
                rewards.claimRewards(amount);
                paid += amount;
            } else {
                vm.prank(ALICE);
                vm.expectRevert(
                    abi.encodeWithSelector(IRewardsDistributor.ClaimExceedsBalance.selector, amount, owed - paid)
                );
                rewards.claimRewards(amount);
            }
            assertEq(token.balanceOf(ALICE), paid);
            assertEq(token.balanceOf(address(rewards)), rewards.principal());
        }
    }

    // --- pause, parameters, initialisation ---

    function test_P29_a_pause_stops_updates_and_payouts() public {
        _award(ALICE, 5, N);
        BLS.G2Point memory signature = Signer.sign(_sumTo(N), rewards.hashRewardClaim(ALICE, 9));
        rewards.pause();
        assertTrue(rewards.paused() && distributor.paused(), "both paused");
        bytes memory expected = abi.encodeWithSelector(bytes4(keccak256("EnforcedPause()")));
        vm.expectRevert(expected);
        rewards.updateRewardsBalance(ALICE, 9, signature, none, none);
        bytes memory atDistributor =
            abi.encodeWithSelector(IRewardsDistributor.EnforcedPause.selector, distributor.pausedUntil());
        _claimRefused(ALICE, atDistributor);
        vm.expectRevert(expected);
        rewards.pause();
        rewards.unpause();
        assertTrue(!rewards.paused() && !distributor.paused(), "neither paused");
        vm.expectRevert(abi.encodeWithSelector(bytes4(keccak256("ExpectedPause()"))));
        rewards.unpause();
        rewards.updateRewardsBalance(ALICE, 9, signature, none, none);
    }

    function test_P44_every_setter_emits_what_it_set() public {
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.StakingRequirementUpdated(7);
        rewards.setStakingRequirement(7);
        vm.expectEmit(address(distributor));
        emit IRewardsDistributor.ClaimLimitUpdated(8, 9);
        rewards.setClaimLimit(8, 9);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.LiquidationSharesUpdated(1, 2);
        rewards.setLiquidationShares(1, 2);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ContributionFactoryUpdated(address(0xFAC));
        rewards.setContributionFactory(address(0xFAC));
        assertEq(rewards.stakingRequirement(), 7);
    }

    function test_P44_parameters_out_of_range() public {
        _parameterRefused(abi.encodeCall(rewards.setStakingRequirement, (0)), "stakingRequirement", 0);
        uint128 tooLarge = uint128(type(uint64).max) + 1;
        _parameterRefused(abi.encodeCall(rewards.setStakingRequirement, (tooLarge)), "stakingRequirement", tooLarge);
        _parameterRefused(abi.encodeCall(rewards.setClaimLimit, (0, 1)), "claimLimit", 0);
        _parameterRefused(abi.encodeCall(rewards.setClaimLimit, (1, 0)), "claimCycleSeconds", 0);
        _parameterRefused(abi.encodeCall(rewards.setClaimLimit, (1 << 64, 1)), "claimLimit", 1 << 64);
        _parameterRefused(abi.encodeCall(rewards.setClaimLimit, (1, 1 << 24)), "claimCycleSeconds", 1 << 24);
    }

    function _parameterRefused(bytes memory request, string memory name, uint256 value) private {
        (bool success, bytes memory answer) = address(rewards).call(request);
        assertTrue(!success, "refused");
        assertEq(answer, abi.encodeWithSelector(IServiceNodeRewards.ParameterOutOfRange.selector, name, value));
    }

    function test_initialises_once() public {
        vm.expectRevert(abi.encodeWithSelector(bytes4(keccak256("InvalidInitialization()"))));
        rewards.initialize(_parameters());
        vm.expectRevert(abi.encodeWithSelector(bytes4(keccak256("InvalidInitialization()"))));
        pool.initialize(address(this), token, address(this));
    }

    /// @dev By either way.
    function _claimRefused(address claimant, bytes memory expected) private {
        vm.prank(claimant);
        vm.expectRevert(expected);
        rewards.claimRewards();
        vm.prank(claimant);
        vm.expectRevert(expected);
        distributor.claimRewards();
    }
}
