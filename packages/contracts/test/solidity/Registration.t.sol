// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {
    Contributor,
    IServiceNodeRegistry,
    Node,
    NodeState,
    Registration,
    SeedNode
} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {Bls} from "../../contracts/libraries/Bls.sol";
import {Contribution, ContributionFactory} from "./support/FakeContribution.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-8, P-20, P-21, P-27, P-28, P-30.
contract RegistrationTest is NetworkTest {
    address private constant OPERATOR = address(0x0e);
    uint256 private constant N = 3;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        token.transfer(OPERATOR, 100 * STAKE);
        vm.prank(OPERATOR);
        token.approve(address(rewards), 100 * STAKE);
    }

    function test_P21_a_registered_node_is_pending_and_its_stake_is_principal() public {
        uint256 principal = rewards.principal();
        BLS.G1Point memory aggregate = rewards.aggregatePublicKey();
        Registration memory registration = _registration(50, OPERATOR);
        Contributor[] memory contributors = _solo(OPERATOR);

        uint64 time = uint64(block.timestamp);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.NewServiceNode(4, OPERATOR, false, time, registration, contributors);
        vm.prank(OPERATOR);
        uint64 id = rewards.addBLSPublicKey(registration, contributors);

        assertEq(id, 4);
        assertEq(rewards.nextId(), 5);
        assertEq(rewards.nodeCount(), 4);
        assertEq(rewards.nodeIdOf(registration.blsKey), 4);
        assertEq(rewards.principal(), principal + STAKE);
        assertEq(token.balanceOf(address(rewards)), principal + STAKE);
        assertEq(rewards.activeStake(), N * STAKE);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(aggregate));
        _checkNode(id, registration);
    }

    function _checkNode(uint64 id, Registration memory registration) private view {
        Node memory node = rewards.node(id);
        assertEq(uint256(node.state), uint256(NodeState.Pending));
        assertEq(node.registeredAt, block.timestamp);
        assertEq(node.stake, STAKE);
        assertEq(node.operator, OPERATOR);
        assertEq(abi.encode(node.blsKey), abi.encode(registration.blsKey));
        assertEq(node.identityKey, IDENTITY);
        assertEq(node.feeBps, 1_000);
        assertEq(abi.encode(node.contributors), abi.encode(_solo(OPERATOR)));
    }

    function testFuzz_P27_node_gives_back_what_was_registered(uint256 seed) public {
        Registration memory registration = _registration(bound(seed, 100, Signer.ORDER - 1), OPERATOR);
        registration.feeBps = uint16(seed % 10_001);
        Contributor[] memory contributors = new Contributor[](1 + seed % 10);
        uint128 rest = STAKE;
        for (uint160 i = 0; i < contributors.length; ++i) {
            uint128 part = i + 1 == contributors.length ? rest : STAKE / (i == 0 ? 3 : 18);
            contributors[i] = Contributor(i == 0 ? OPERATOR : address(0x1000 + i), address(0x2000 + i), part);
            rest -= part;
        }
        vm.prank(OPERATOR);
        uint64 id = rewards.addBLSPublicKey(registration, contributors);
        Node memory node = rewards.node(id);
        assertEq(abi.encode(node.contributors), abi.encode(contributors));
        assertEq(abi.encode(node.blsKey), abi.encode(registration.blsKey));
        assertEq(node.feeBps, registration.feeBps);
    }

    function test_P8_refuses_a_proof_of_another_operator() public {
        Registration memory registration = _registration(50, address(0xbad));
        bytes32 digest = rewards.hashProofOfPossession(registration.blsKey, OPERATOR, IDENTITY);
        _refused(
            registration,
            _solo(OPERATOR),
            abi.encodeWithSelector(IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, OPERATOR)
        );
    }

    function test_P8_refuses_a_proof_of_another_identity_key() public {
        Registration memory registration = _registration(50, OPERATOR);
        registration.identityKey = keccak256("another");
        bytes32 digest = rewards.hashProofOfPossession(registration.blsKey, OPERATOR, registration.identityKey);
        _refused(
            registration,
            _solo(OPERATOR),
            abi.encodeWithSelector(IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, OPERATOR)
        );
    }

    function test_P8_refuses_a_rogue_key() public {
        // pk' = x G - pk_1. Whoever has node 1's proof and knows x still cannot sign the digest of pk' (DESIGN 3).
        BLS.G1Point memory rogue = Signer.keyOf(1);
        Bls.negate(rogue);
        rogue = Bls.add(Signer.keyOf(77), rogue);
        Registration memory registration = _registration(50, OPERATOR);
        registration.blsKey = rogue;
        bytes32 digest = rewards.hashProofOfPossession(rogue, OPERATOR, IDENTITY);
        registration.proofOfPossession = Signer.sign(77, digest);
        _refused(
            registration,
            _solo(OPERATOR),
            abi.encodeWithSelector(IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, OPERATOR)
        );
    }

    function test_P8_refuses_a_proof_for_another_chain() public {
        Registration memory registration = _registration(50, OPERATOR);
        vm.chainId(12_345);
        bytes32 digest = rewards.hashProofOfPossession(registration.blsKey, OPERATOR, IDENTITY);
        _refused(
            registration,
            _solo(OPERATOR),
            abi.encodeWithSelector(IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, OPERATOR)
        );
    }

    function test_P3_refuses_infinity_and_points_outside_the_subgroup() public {
        Registration memory registration = _registration(50, OPERATOR);
        BLS.G1Point memory zeroKey;
        BLS.G2Point memory zeroSignature;
        BLS.G2Point memory proof = registration.proofOfPossession;

        registration.blsKey = zeroKey;
        _refused(registration, _solo(OPERATOR), abi.encodeWithSelector(IServiceNodeRegistry.KeyAtInfinity.selector));
        registration = _registration(50, OPERATOR);
        registration.proofOfPossession = zeroSignature;
        _refused(
            registration, _solo(OPERATOR), abi.encodeWithSelector(IServiceNodeRegistry.SignatureAtInfinity.selector)
        );
        registration.proofOfPossession = proof;
        registration.blsKey = Signer.outsideSubgroup();
        _refused(registration, _solo(OPERATOR), abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
    }

    function test_P20_refuses_a_key_in_use_and_takes_it_again_after_exit() public {
        uint64 id = _registerFor(OPERATOR);
        Registration memory registration = _registration(50, OPERATOR);
        bytes memory inUse = abi.encodeWithSelector(IServiceNodeRegistry.KeyInUse.selector, id);
        _refused(registration, _solo(OPERATOR), inUse);
        rewards.setState(id, NodeState.Active);
        _refused(registration, _solo(OPERATOR), inUse);
        rewards.setState(id, NodeState.Decommissioned);
        _refused(registration, _solo(OPERATOR), inUse);
        rewards.setState(id, NodeState.Exited);
        vm.prank(OPERATOR);
        assertEq(rewards.addBLSPublicKey(registration, _solo(OPERATOR)), id + 1);
        assertEq(rewards.nodeIdOf(registration.blsKey), id + 1);
        assertEq(uint256(rewards.node(id).state), uint256(NodeState.Exited));
    }

    function test_P27_only_the_operator_registers() public {
        Registration memory registration = _registration(50, OPERATOR);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRegistry.CallerNotOperator.selector, address(this), OPERATOR)
        );
        rewards.addBLSPublicKey(registration, _solo(OPERATOR));
    }

    function test_P27_a_contribution_contract_registers_for_its_own_operator_only() public {
        ContributionFactory factory = new ContributionFactory();
        Contribution contribution = factory.make(OPERATOR, STAKE);
        token.transfer(address(contribution), STAKE);
        Registration memory registration = _registration(50, OPERATOR);
        bytes memory expected = abi.encodeWithSelector(
            IServiceNodeRegistry.CallerNotOperator.selector, address(contribution), OPERATOR
        );
        vm.expectRevert(expected);
        contribution.register(rewards, token, registration, _solo(OPERATOR));

        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ContributionFactoryUpdated(address(factory));
        rewards.setContributionFactory(address(factory));
        assertEq(rewards.contributionFactory(), address(factory));
        Contribution foreign = new Contribution(OPERATOR, STAKE);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRegistry.CallerNotOperator.selector, address(foreign), OPERATOR)
        );
        foreign.register(rewards, token, registration, _solo(OPERATOR));
        Contribution others = factory.make(address(0xbad), STAKE);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRegistry.CallerNotOperator.selector, address(others), OPERATOR)
        );
        others.register(rewards, token, registration, _solo(OPERATOR));

        assertEq(contribution.register(rewards, token, registration, _solo(OPERATOR)), 4);
        assertEq(token.balanceOf(address(contribution)), 0);
        assertEq(rewards.node(4).operator, OPERATOR);
    }

    function test_P27_refuses_contributors_that_do_not_fit() public {
        Registration memory registration = _registration(50, OPERATOR);
        Contributor[] memory c = new Contributor[](11);
        c[0].addr = OPERATOR;
        _refused(
            registration, c, abi.encodeWithSelector(IServiceNodeRegistry.ContributorCountOutOfRange.selector, 11, 10)
        );
        c = new Contributor[](2);
        c[0] = Contributor(OPERATOR, OPERATOR, STAKE - 1);
        _refused(registration, c, abi.encodeWithSelector(IServiceNodeRegistry.ContributorIsZero.selector, 1));
        c[1] = Contributor(address(5), address(0), 1);
        _refused(registration, c, abi.encodeWithSelector(IServiceNodeRegistry.ContributorIsZero.selector, 1));
        c[1] = Contributor(OPERATOR, OPERATOR, STAKE / 20);
        _refused(registration, c, abi.encodeWithSelector(IServiceNodeRegistry.DuplicateContributor.selector, OPERATOR));
        c[1] = Contributor(address(5), address(5), STAKE / 20);
        _refused(
            registration,
            c,
            abi.encodeWithSelector(IServiceNodeRegistry.StakeMismatch.selector, STAKE - 1 + STAKE / 20, STAKE)
        );
        c[0].stake = type(uint128).max;
        c[1].stake = type(uint128).max;
        _refused(
            registration,
            c,
            abi.encodeWithSelector(
                IServiceNodeRegistry.StakeMismatch.selector, 2 * uint256(type(uint128).max), STAKE
            )
        );
        (c[0].stake, c[1].stake) = (STAKE / 4 - 1, STAKE - STAKE / 4 + 1);
        _refused(
            registration,
            c,
            abi.encodeWithSelector(
                IServiceNodeRegistry.OperatorStakeTooSmall.selector, STAKE / 4 - 1, STAKE / 4
            )
        );
        registration.feeBps = 10_001;
        (c[0].stake, c[1].stake) = (STAKE / 4, STAKE - STAKE / 4);
        _refused(registration, c, abi.encodeWithSelector(IServiceNodeRegistry.FeeTooLarge.selector, 10_001));
        registration.feeBps = 10_000;
        registration.identityKey = 0;
        _refused(registration, c, abi.encodeWithSelector(IServiceNodeRegistry.IdentityKeyIsZero.selector));
    }

    function test_P28_at_most_20_registrations_a_block() public {
        for (uint256 i = 0; i < 20; ++i) _register(60 + i, address(uint160(0x60 + i)));
        Registration memory registration = _registration(50, OPERATOR);
        _refused(
            registration,
            _solo(OPERATOR),
            abi.encodeWithSelector(IServiceNodeRegistry.TooManyRegistrations.selector, 20)
        );
        vm.roll(block.number + 1);
        vm.prank(OPERATOR);
        rewards.addBLSPublicKey(registration, _solo(OPERATOR));
    }

    function test_P29_a_pause_stops_registration() public {
        rewards.pause(1 days);
        bytes memory paused = abi.encodeWithSelector(IEmergency.EnforcedPause.selector, rewards.pausedUntil());
        _refused(_registration(50, OPERATOR), _solo(OPERATOR), paused);
        rewards.unpause();
        _registerFor(OPERATOR);
    }

    function test_node_refuses_an_unknown_id() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, 4, 4));
        rewards.node(4);
    }

    function _registerFor(address operator) private returns (uint64) {
        Registration memory registration = _registration(50, operator);
        vm.prank(operator);
        return rewards.addBLSPublicKey(registration, _solo(operator));
    }

    function _refused(Registration memory registration, Contributor[] memory contributors, bytes memory expected)
        private
    {
        vm.prank(OPERATOR);
        vm.expectRevert(expected);
        rewards.addBLSPublicKey(registration, contributors);
    }
}

/// @dev P-30: before and at the start.
contract StartTest is NetworkTest {
    function test_P30_nothing_before_the_start() public {
        rewards.seedPublicKeyList(_seeds(2));
        assertEq(rewards.genesis(), 0);
        BLS.G2Point memory signature = Signer.sign(3, rewards.hashRewardClaim(address(1), 5));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NotStarted.selector));
        rewards.updateRewardsBalance(address(1), 5, signature, none, none);
        Registration memory registration = _registration(50, address(this));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NotStarted.selector));
        rewards.addBLSPublicKey(registration, _solo(address(this)));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NotStarted.selector));
        rewards.initiateExitBLSPublicKey(1);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NotStarted.selector));
        rewards.announceEmergency(_ids(1), none);
    }

    function test_P30_start_needs_the_principal_and_a_node() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.NoActiveStake.selector));
        rewards.start();
        rewards.seedPublicKeyList(_seeds(2));
        token.transfer(address(rewards), 2 * STAKE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.PrincipalMissing.selector, 2 * STAKE - 1, 2 * STAKE)
        );
        rewards.start();
        token.transfer(address(rewards), 1);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.Started(uint64(block.timestamp), 1 hours);
        rewards.start();
        assertEq(rewards.genesis(), block.timestamp);
        assertEq(pool.startedAt(), block.timestamp);
    }

    function test_P30_starts_once_and_takes_no_seed_after() public {
        _startWith(2);
        bytes memory expected = abi.encodeWithSelector(IServiceNodeRewards.AlreadyStarted.selector, block.timestamp);
        vm.expectRevert(expected);
        rewards.start();
        SeedNode[] memory seeds = new SeedNode[](0);
        vm.expectRevert(expected);
        rewards.seedPublicKeyList(seeds);
    }

    function test_P21_seeded_nodes_are_active_and_summed() public {
        SeedNode[] memory seeds = _seeds(5);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.NewServiceNode(
            1, address(this), true, uint64(block.timestamp), seeds[0].registration, seeds[0].contributors
        );
        rewards.seedPublicKeyList(seeds);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(15)));
        assertEq(rewards.activeStake(), 5 * STAKE);
        assertEq(rewards.activeBitmap(0), 62);
        assertEq(uint256(rewards.node(5).state), uint256(NodeState.Active));
    }

    function test_P8_seeding_checks_proofs_of_possession() public {
        SeedNode[] memory seeds = _seeds(2);
        seeds[1].registration.proofOfPossession = seeds[0].registration.proofOfPossession;
        bytes32 digest = rewards.hashProofOfPossession(seeds[1].registration.blsKey, address(this), IDENTITY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, address(this)
            )
        );
        rewards.seedPublicKeyList(seeds);
    }

    function test_P30_P44_only_owner_and_founder_seed_and_start_and_only_the_owner_sets() public {
        bytes memory notOwner =
            abi.encodeWithSelector(bytes4(keccak256("OwnableUnauthorizedAccount(address)")), address(9));
        bytes memory notFounder =
            abi.encodeWithSelector(IServiceNodeRewards.NotOwnerOrFounder.selector, address(9), FOUNDER);
        bytes[7] memory calls = [
            abi.encodeCall(rewards.seedPublicKeyList, (new SeedNode[](0))),
            abi.encodeCall(rewards.start, ()),
            abi.encodeCall(rewards.setContributionFactory, (address(1))),
            abi.encodeCall(rewards.setStakingRequirement, (1)),
            abi.encodeCall(rewards.setClaimLimit, (1, 1)),
            abi.encodeCall(rewards.setGuardian, (address(1))),
            abi.encodeCall(rewards.dropFromFloor, (none))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(address(9));
            (bool success, bytes memory answer) = address(rewards).call(calls[i]);
            assertTrue(!success, "refused");
            assertEq(answer, i < 3 ? notFounder : notOwner);
        }
    }
}
