// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport, IEpochReports} from "../../contracts/interfaces/IEpochReports.sol";
import {
    Contributor,
    IServiceNodeRegistry,
    Registration,
    SeedNode
} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-4, P-5, P-8: what was signed for one place is worth nothing in another, and what was seen in the mempool is
/// worth nothing to others.
contract ReplayTest is ReportTest {
    uint256 private constant N = 3;
    uint256 private constant SECRET = 50;
    address private constant OPERATOR = address(0x0e);
    address private constant MALLORY = address(0xbad);

    function setUp() public override {
        super.setUp();
        _startWith(N);
        _pay(OPERATOR);
        _pay(MALLORY);
    }

    // --- reports ---

    function test_P4_a_report_of_another_chain_or_contract_records_nothing() public {
        _close(0);
        EpochReport memory report = _reportOf(0);
        BLS.G2Point memory signature = Signer.sign(_sumTo(N), rewards.hashEpochReport(report));
        vm.chainId(12_345);
        _reportRefused(report, signature);
        vm.chainId(31_337);

        // The same nodes with the same keys in another deployment, in the same epoch.
        vm.warp(1_800_000_000);
        _deploy();
        _startWith(N);
        _close(0);
        _reportRefused(report, signature);
        _submit(report, _sumTo(N), none, none);
    }

    function test_P39_the_same_record_does_not_land_twice() public {
        _close(0);
        _submit(_reportOf(0), _sumTo(N), none, none);
        bytes memory landed = abi.encodeWithSelector(IEpochReports.AlreadyPayable.selector, 0);
        _refuse(_reportOf(0), _sumTo(N), none, none, landed);
        // As the report of the next epoch it is another message.
        _close(1);
        BLS.G2Point memory signature = Signer.sign(_sumTo(N), rewards.hashEpochReport(_reportOf(0)));
        _reportRefused(_reportOf(1), signature);
        assertEq(rewards.acceptedReports(), 1);
    }

    // --- proofs of possession ---

    function test_P8_a_proof_of_possession_of_another_contract_enters_nothing() public {
        Registration memory registration = _registration(SECRET, OPERATOR);
        SeedNode[] memory seeds = _seeds(1);
        _deploy();
        bytes32 digest = rewards.hashProofOfPossession(seeds[0].registration.blsKey, address(this), IDENTITY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, address(this)
            )
        );
        rewards.seedPublicKeyList(seeds);
        _startWith(N);
        _pay(OPERATOR);
        _registerRefused(registration, OPERATOR, _invalidProof(registration, OPERATOR));
    }

    function test_P5_a_proof_of_possession_signs_no_report_and_a_report_proves_no_possession() public {
        // A network of one node, so that its own signature is the aggregate.
        _deploy();
        _startWith(1);
        _pay(OPERATOR);
        _close(0);
        EpochReport memory report = _reportOf(0);
        _reportRefused(report, _registration(1, address(this)).proofOfPossession);

        Registration memory registration = _registration(SECRET, OPERATOR);
        registration.proofOfPossession = Signer.sign(SECRET, rewards.hashEpochReport(report));
        _registerRefused(registration, OPERATOR, _invalidProof(registration, OPERATOR));
    }

    function test_P8_a_proof_from_an_earlier_registration_is_for_the_same_operator_only() public {
        // The proofs of all nodes are in their events. Once the node has exited, its key is free again.
        uint64 id = _enter(OPERATOR);
        vm.prank(OPERATOR);
        rewards.initiateExitBLSPublicKey(id);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(id);
        Registration memory registration = _registration(SECRET, OPERATOR);
        _registerRefused(registration, MALLORY, _invalidProof(registration, MALLORY));
        assertEq(_enter(OPERATOR), id + 1);
    }

    // --- the mempool ---

    function test_P27_a_registration_seen_in_the_mempool_is_of_no_use_to_others() public {
        Registration memory registration = _registration(SECRET, OPERATOR);
        Contributor[] memory contributors = _solo(OPERATOR);
        // Sent as it is, even with the sender's own stake.
        vm.prank(MALLORY);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRegistry.CallerNotOperator.selector, MALLORY, OPERATOR)
        );
        rewards.addBLSPublicKey(registration, contributors);
        // With the sender as operator, and the other one as a contributor or not at all.
        _registerRefused(registration, MALLORY, _invalidProof(registration, MALLORY));
        contributors = new Contributor[](2);
        contributors[0] = Contributor(MALLORY, MALLORY, STAKE / 4);
        contributors[1] = Contributor(OPERATOR, OPERATOR, STAKE - STAKE / 4);
        bytes memory invalid = _invalidProof(registration, MALLORY);
        vm.prank(MALLORY);
        vm.expectRevert(invalid);
        rewards.addBLSPublicKey(registration, contributors);
        // Nothing of it stands in the way of the one whose it is.
        _enter(OPERATOR);
    }

    function test_P8_an_identity_key_may_stand_twice_so_that_a_squatter_locks_nobody_out() public {
        // The identity key is public, and only the agents check its signature.
        Registration memory squat = _registration(SECRET + 1, MALLORY);
        vm.prank(MALLORY);
        rewards.addBLSPublicKey(squat, _solo(MALLORY));
        uint64 id = _enter(OPERATOR);
        assertEq(rewards.node(id).identityKey, rewards.node(id - 1).identityKey);
    }

    // --- helpers ---

    function _pay(address operator) private {
        token.transfer(operator, 2 * STAKE);
        vm.prank(operator);
        token.approve(address(rewards), 2 * STAKE);
    }

    /// @dev Registers the key of SECRET for its operator.
    function _enter(address operator) private returns (uint64) {
        Registration memory registration = _registration(SECRET, operator);
        vm.prank(operator);
        return rewards.addBLSPublicKey(registration, _solo(operator));
    }

    function _registerRefused(Registration memory registration, address operator, bytes memory expected) private {
        vm.prank(operator);
        vm.expectRevert(expected);
        rewards.addBLSPublicKey(registration, _solo(operator));
    }

    function _invalidProof(Registration memory registration, address operator) private view returns (bytes memory) {
        bytes32 digest = rewards.hashProofOfPossession(registration.blsKey, operator, IDENTITY);
        return abi.encodeWithSelector(IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, operator);
    }

    /// @dev `signature` holds for another message than `report` is here.
    function _reportRefused(EpochReport memory report, BLS.G2Point memory signature) private {
        bytes32 digest = rewards.hashEpochReport(report);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, digest));
        rewards.reportEpoch(report, signature, none, none);
    }
}
