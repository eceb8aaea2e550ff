// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IRewardsDistributor, ProofClaim} from "../../contracts/interfaces/IRewardsDistributor.sol";
import {IServiceNodeRegistry} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-41: claims by proof, and P-26: update and claim in one call.
contract ProofTest is ReportTest {
    uint256 private constant N = 4;
    uint256 private constant ALL = N * (N + 1) / 2;
    address private constant ALICE = address(0xa11ce);
    address private constant BOB = address(0xb0b);

    function setUp() public override {
        super.setUp();
        _startWith(N);
        vm.warp(vm.getBlockTimestamp() + 30 days);
        pool.payoutReleased();
    }

    function test_P41_the_recipient_is_raised_and_paid_in_one_call() public {
        _root(ALICE, 5e9, BOB, 7e9);
        bytes32[] memory proof = _proof(BOB, 7e9);
        vm.expectEmit(address(distributor));
        emit IRewardsDistributor.RewardsClaimed(ALICE, 5e9, 5e9);
        vm.prank(ALICE);
        distributor.claimWithProof(5e9, 0, proof);
        assertEq(token.balanceOf(ALICE), 5e9);
        _recipient(ALICE, 5e9, 5e9);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.NothingToClaim.selector, ALICE));
        distributor.claimWithProof(5e9, 0, proof);
    }

    function test_P41_somebody_elses_raise_does_the_recipient_no_harm() public {
        _root(ALICE, 5e9, BOB, 7e9);
        bytes32[] memory proof = _proof(BOB, 7e9);
        ProofClaim[] memory claims = new ProofClaim[](1);
        claims[0] = ProofClaim(ALICE, 5e9, 0, proof);
        vm.expectEmit(address(distributor));
        emit IRewardsDistributor.RewardsBalanceUpdated(ALICE, 5e9, 0);
        vm.prank(BOB);
        distributor.updateRewardsBalancesWithProofs(claims);
        _recipient(ALICE, 5e9, 0);
        assertEq(token.balanceOf(ALICE) + token.balanceOf(BOB), 0);
        vm.prank(ALICE);
        distributor.claimWithProof(5e9, 0, proof);
        assertEq(token.balanceOf(ALICE), 5e9);
    }

    function test_P41_a_claim_counts_against_the_limit_and_a_part_stays_possible() public {
        rewards.setClaimLimit(3e9, CYCLE);
        _root(ALICE, 5e9, BOB, 7e9);
        bytes32[] memory proof = _proof(BOB, 7e9);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.ClaimLimitExceeded.selector, 5e9, 3e9));
        distributor.claimWithProof(5e9, 0, proof);
        // Raised first, then a part.
        ProofClaim[] memory claims = new ProofClaim[](1);
        claims[0] = ProofClaim(ALICE, 5e9, 0, proof);
        distributor.updateRewardsBalancesWithProofs(claims);
        vm.prank(ALICE);
        distributor.claimRewards(3e9);
        _recipient(ALICE, 5e9, 3e9);
    }

    function test_P41_many_at_once_pay_nobody_and_pass_over_what_raises_nothing() public {
        _root(ALICE, 5e9, BOB, 7e9);
        ProofClaim[] memory claims = new ProofClaim[](3);
        claims[0] = ProofClaim(ALICE, 5e9, 0, _proof(BOB, 7e9));
        claims[1] = ProofClaim(BOB, 7e9, 0, _proof(ALICE, 5e9));
        claims[2] = claims[0];
        vm.prank(ALICE);
        distributor.updateRewardsBalancesWithProofs(claims);
        _recipient(ALICE, 5e9, 0);
        _recipient(BOB, 7e9, 0);
        vm.prank(BOB);
        distributor.claimRewards(2e9);
        _recipient(BOB, 7e9, 2e9);
        claims[2].amount = 6e9;
        vm.expectRevert(
            abi.encodeWithSelector(IRewardsDistributor.InvalidProof.selector, ALICE, 6e9, distributor.payableRoot(0))
        );
        distributor.updateRewardsBalancesWithProofs(claims);
    }

    function test_P25_an_older_root_lowers_nothing_and_signature_and_proof_feed_one_pair() public {
        _root(ALICE, 5e9, BOB, 7e9);
        bytes32[] memory older = _proof(BOB, 7e9);
        _root(ALICE, 8e9, BOB, 9e9);
        vm.prank(ALICE);
        distributor.claimWithProof(8e9, 1, _proof(BOB, 9e9));
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.NothingToClaim.selector, ALICE));
        distributor.claimWithProof(5e9, 0, older);
        ProofClaim[] memory claims = new ProofClaim[](1);
        claims[0] = ProofClaim(ALICE, 5e9, 0, older);
        distributor.updateRewardsBalancesWithProofs(claims);
        _recipient(ALICE, 8e9, 8e9);
        _award(ALICE, 10e9, N);
        vm.prank(ALICE);
        distributor.claimWithProof(5e9, 0, older); // an older proof, and what a signature has added since
        assertEq(token.balanceOf(ALICE), 10e9);
    }

    function test_P41_refuses_other_amounts_recipients_roots_and_inner_nodes() public {
        _root(ALICE, 5e9, BOB, 7e9);
        bytes32 root = distributor.payableRoot(0);
        bytes32[] memory proof = _proof(BOB, 7e9);
        _proofRefused(ALICE, 6e9, proof, root);
        _proofRefused(address(0xbad), 5e9, proof, root);
        _proofRefused(ALICE, 5e9, new bytes32[](0), root);
        // The root's own preimage, 64 bytes, is no leaf: leaves are hashed twice.
        (bytes32 a, bytes32 b) = (_leaf(ALICE, 5e9), _leaf(BOB, 7e9));
        (a, b) = a < b ? (a, b) : (b, a);
        _proofRefused(address(uint160(uint256(a))), uint256(b), new bytes32[](0), root);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.RootNotValid.selector, 1, 1));
        distributor.claimWithProof(5e9, 1, proof);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.RootNotValid.selector, type(uint256).max, 1));
        distributor.claimWithProof(5e9, type(uint256).max, proof);
    }

    function test_P41_a_root_that_was_recorded_but_is_not_payable_pays_nothing() public {
        EpochReport memory report = _reportOf(_closeRunning());
        report.rewardsRoot = _leaf(ALICE, 5e9);
        _submit(report, ALL - 4, _ids(4), none); // 3 of 4
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.RootNotValid.selector, 0, 0));
        vm.prank(ALICE);
        distributor.claimWithProof(5e9, 0, new bytes32[](0));
    }

    function test_P41_a_root_expires_after_8_further_ones() public {
        _root(ALICE, 5e9, BOB, 7e9);
        for (uint256 i = 0; i < 7; ++i) _next(ALL);
        vm.prank(ALICE);
        distributor.claimWithProof(5e9, 0, _proof(BOB, 7e9));
        _next(ALL);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.RootNotValid.selector, 0, 9));
        vm.prank(BOB);
        distributor.claimWithProof(7e9, 0, _proof(ALICE, 5e9));
    }

    function test_P41_an_amount_beyond_128_bits_is_refused() public {
        uint256 amount = uint256(type(uint128).max) + 1;
        _root(ALICE, amount, BOB, 7e9);
        bytes32[] memory proof = _proof(BOB, 7e9);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.AmountTooLarge.selector, amount));
        distributor.claimWithProof(amount, 0, proof);
        ProofClaim[] memory claims = new ProofClaim[](1);
        claims[0] = ProofClaim(ALICE, amount, 0, proof);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.AmountTooLarge.selector, amount));
        distributor.updateRewardsBalancesWithProofs(claims);
    }

    function test_P29_a_pause_stops_proofs() public {
        _root(ALICE, 5e9, BOB, 7e9);
        bytes32[] memory proof = _proof(BOB, 7e9);
        bytes memory paused = _pause();
        vm.prank(ALICE);
        vm.expectRevert(paused);
        distributor.claimWithProof(5e9, 0, proof);
        ProofClaim[] memory claims = new ProofClaim[](0);
        vm.expectRevert(paused);
        distributor.updateRewardsBalancesWithProofs(claims);
        vm.expectRevert(paused);
        rewards.claimRewards();
        vm.expectRevert(paused);
        rewards.claimRewards(1);
        vm.expectRevert(paused);
        distributor.claimRewards();
        vm.expectRevert(paused);
        distributor.claimRewards(1);
    }

    function test_P26_update_and_claim_in_one_call() public {
        BLS.G2Point memory signature = Signer.sign(ALL, rewards.hashRewardClaim(ALICE, 5e9));
        vm.prank(ALICE);
        rewards.updateAndClaim(5e9, signature, none, none);
        assertEq(token.balanceOf(ALICE), 5e9);
        // It is for the caller: nobody else's bundle fits.
        bytes32 bobs = rewards.hashRewardClaim(BOB, 5e9);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, bobs));
        rewards.updateAndClaim(5e9, signature, none, none);
        bytes memory paused = _pause();
        vm.prank(ALICE);
        vm.expectRevert(paused);
        rewards.updateAndClaim(5e9, signature, none, none);
    }

    function test_P26_a_bundle_copied_from_the_mempool_does_no_harm() public {
        BLS.G2Point memory signature = Signer.sign(ALL, rewards.hashRewardClaim(ALICE, 5e9));
        vm.prank(BOB);
        rewards.updateRewardsBalance(ALICE, 5e9, signature, none, none);
        vm.prank(ALICE);
        rewards.updateAndClaim(5e9, signature, none, none);
        assertEq(token.balanceOf(ALICE), 5e9);
    }

    // --- helpers ---

    /// @dev Pauses for a day, and returns what is then answered.
    function _pause() private returns (bytes memory) {
        rewards.pause(1 days);
        return abi.encodeWithSelector(IRewardsDistributor.EnforcedPause.selector, vm.getBlockTimestamp() + 1 days);
    }

    /// @dev Makes the root of a tree of two leaves payable.
    function _root(address a, uint256 amountA, address b, uint256 amountB) private {
        EpochReport memory report = _reportOf(_closeRunning());
        (bytes32 x, bytes32 y) = (_leaf(a, amountA), _leaf(b, amountB));
        report.rewardsRoot = keccak256(x < y ? abi.encode(x, y) : abi.encode(y, x));
        _submit(report, ALL, none, none);
    }

    /// @dev The proof of one leaf of two: the other.
    function _proof(address other, uint256 amount) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = _leaf(other, amount);
    }

    function _leaf(address recipient, uint256 amount) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(recipient, amount))));
    }

    function _proofRefused(address recipient, uint256 amount, bytes32[] memory proof, bytes32 root) private {
        vm.prank(recipient);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.InvalidProof.selector, recipient, amount, root));
        distributor.claimWithProof(amount, 0, proof);
    }

    function _recipient(address recipient, uint256 lifetime, uint256 claimed) private view {
        (uint128 actualLifetime, uint128 actualClaimed) = distributor.recipients(recipient);
        assertEq(actualLifetime, lifetime);
        assertEq(actualClaimed, claimed);
    }
}
