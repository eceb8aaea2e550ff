// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Contributor,
    IServiceNodeRegistry,
    Node,
    NodeState,
    Registration,
    SeedNode
} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {Contribution, ContributionFactory} from "./support/FakeContribution.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-27, P-30: whose node it is, how much of it, and since when.
contract EnteringTest is NetworkTest {
    address private constant OPERATOR = address(0x0e);
    address private constant OTHER = address(0x07);

    function test_P27_without_contributors_the_caller_is_alone() public {
        _startWith(1);
        Registration memory registration = _registration(50, OPERATOR);
        _pay(OPERATOR);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.NewServiceNode(
            2, OPERATOR, false, uint64(vm.getBlockTimestamp()), registration, _solo(OPERATOR)
        );
        vm.prank(OPERATOR);
        uint64 id = rewards.addBLSPublicKey(registration, new Contributor[](0));
        Node memory node = rewards.node(id);
        assertEq(node.operator, OPERATOR);
        assertEq(node.stake, STAKE);
        assertEq(abi.encode(node.contributors), abi.encode(_solo(OPERATOR)));
        assertEq(token.balanceOf(OPERATOR), 0);

        // Somebody else's registration is of no use, as the proof of possession names its operator.
        registration = _registration(51, OPERATOR);
        bytes32 digest = rewards.hashProofOfPossession(registration.blsKey, OTHER, IDENTITY);
        vm.prank(OTHER);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, OTHER)
        );
        rewards.addBLSPublicKey(registration, new Contributor[](0));
    }

    function test_P27_every_contributor_has_500_bps_at_least() public {
        _startWith(1);
        _pay(OPERATOR);
        Contributor[] memory contributors = new Contributor[](3);
        contributors[0] = Contributor(OPERATOR, OPERATOR, STAKE / 2);
        contributors[1] = Contributor(OTHER, OTHER, STAKE / 2 - STAKE / 20 + 1);
        contributors[2] = Contributor(address(5), address(5), STAKE / 20 - 1);
        Registration memory registration = _registration(50, OPERATOR);
        bytes memory tooSmall = abi.encodeWithSelector(
            IServiceNodeRegistry.ContributorStakeTooSmall.selector, 2, STAKE / 20 - 1, STAKE / 20
        );
        _refused(registration, contributors, tooSmall);
        contributors[2].stake = 0;
        _refused(
            registration,
            contributors,
            abi.encodeWithSelector(IServiceNodeRegistry.ContributorStakeTooSmall.selector, 2, 0, STAKE / 20)
        );
        contributors[1].stake -= 1;
        contributors[2].stake = STAKE / 20;
        vm.prank(OPERATOR);
        assertEq(rewards.addBLSPublicKey(registration, contributors), 2);
    }

    function test_P27_a_seeds_contributors_have_500_bps_at_least_and_are_named() public {
        SeedNode[] memory seeds = _seeds(1);
        seeds[0].contributors = new Contributor[](2);
        seeds[0].contributors[0] = Contributor(address(this), address(this), STAKE - 1);
        seeds[0].contributors[1] = Contributor(OTHER, OTHER, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRegistry.ContributorStakeTooSmall.selector, 1, 1, STAKE / 20)
        );
        rewards.seedPublicKeyList(seeds);
        // Seeding has no caller whose node it would be.
        seeds[0].contributors = new Contributor[](0);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.ContributorCountOutOfRange.selector, 0, 10));
        rewards.seedPublicKeyList(seeds);
    }

    function test_P30_a_seed_says_when_it_was_registered_and_not_in_the_future() public {
        uint64 time = uint64(vm.getBlockTimestamp());
        SeedNode[] memory seeds = _seeds(2);
        uint64[3] memory wrong = [0, time + 1, type(uint64).max];
        for (uint256 i = 0; i < wrong.length; ++i) {
            seeds[1].registeredAt = wrong[i];
            vm.expectRevert(
                abi.encodeWithSelector(IServiceNodeRegistry.RegistrationTimeOutOfRange.selector, wrong[i], time)
            );
            rewards.seedPublicKeyList(seeds);
        }
        (seeds[0].registeredAt, seeds[1].registeredAt) = (1, time);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.NewServiceNode(
            1, address(this), true, 1, seeds[0].registration, seeds[0].contributors
        );
        rewards.seedPublicKeyList(seeds);
        assertEq(rewards.node(1).registeredAt, 1);
        assertEq(rewards.node(2).registeredAt, time);
    }

    function test_P30_P33_the_age_of_a_seeded_node_counts_from_its_own_registration() public {
        // Both have a small contributor. The first node has been there for 30 days elsewhere; the second not quite.
        uint64 time = uint64(vm.getBlockTimestamp());
        SeedNode[] memory seeds = _seeds(2);
        for (uint256 i = 0; i < 2; ++i) {
            seeds[i].registeredAt = time - 30 days + uint64(i);
            seeds[i].contributors = new Contributor[](2);
            seeds[i].contributors[0] = Contributor(address(this), address(this), STAKE - STAKE / 20);
            seeds[i].contributors[1] = Contributor(OTHER, OTHER, STAKE / 20);
        }
        rewards.seedPublicKeyList(seeds);
        token.transfer(address(rewards), rewards.principal());
        rewards.start();
        vm.prank(OTHER);
        rewards.initiateExitBLSPublicKey(1);
        vm.prank(OTHER);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.LeaveRequestTooEarly.selector, 2, time + 1));
        rewards.initiateExitBLSPublicKey(2);
    }

    function test_P27_a_contribution_contract_registers_the_stake_of_its_round_within_64_bits() public {
        _startWith(1);
        ContributionFactory factory = new ContributionFactory();
        rewards.setContributionFactory(address(factory));
        Contributor[] memory contributors = _solo(OPERATOR);
        Registration memory registration = _registration(50, OPERATOR);
        uint256[3] memory wrong = [0, uint256(type(uint64).max) + 1, type(uint256).max];
        for (uint256 i = 0; i < wrong.length; ++i) {
            Contribution greedy = factory.make(OPERATOR, wrong[i]);
            contributors[0].stake = uint128(wrong[i]);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IServiceNodeRewards.ParameterOutOfRange.selector, "stakingRequirement", wrong[i]
                )
            );
            greedy.register(rewards, token, registration, contributors);
        }
        Contribution contribution = factory.make(OPERATOR, STAKE / 3);
        token.transfer(address(contribution), STAKE);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.StakeMismatch.selector, STAKE, STAKE / 3));
        contributors[0].stake = STAKE;
        contribution.register(rewards, token, registration, contributors);
        contributors[0].stake = STAKE / 3;
        assertEq(rewards.node(contribution.register(rewards, token, registration, contributors)).stake, STAKE / 3);
        assertEq(token.balanceOf(address(contribution)), STAKE - STAKE / 3);
    }

    function test_P8_checkRegistration_refuses_what_a_registration_would() public {
        _startWith(1);
        Registration memory good = _registration(50, OPERATOR);
        rewards.checkRegistration(good, OPERATOR);
        Registration memory r = _registration(50, OPERATOR);
        r.feeBps = 10_001;
        _checkRefused(r, abi.encodeWithSelector(IServiceNodeRegistry.FeeTooLarge.selector, 10_001));
        r = _registration(50, OPERATOR);
        r.identityKey = 0;
        _checkRefused(r, abi.encodeWithSelector(IServiceNodeRegistry.IdentityKeyIsZero.selector));
        r = _registration(50, OPERATOR);
        r.blsKey = Signer.outsideSubgroup();
        _checkRefused(r, abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        r = _registration(50, OTHER);
        bytes32 digest = rewards.hashProofOfPossession(r.blsKey, OPERATOR, IDENTITY);
        _checkRefused(
            r, abi.encodeWithSelector(IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, OPERATOR)
        );

        uint64 id = _register(50, OPERATOR);
        _checkRefused(good, abi.encodeWithSelector(IServiceNodeRegistry.KeyInUse.selector, id));
        rewards.setState(id, NodeState.Exited);
        rewards.checkRegistration(good, OPERATOR);
    }

    /// @dev That the view and the registration itself revert with `expected`.
    function _checkRefused(Registration memory registration, bytes memory expected) private {
        vm.expectRevert(expected);
        rewards.checkRegistration(registration, OPERATOR);
        _refused(registration, _solo(OPERATOR), expected);
    }

    function _refused(Registration memory registration, Contributor[] memory contributors, bytes memory expected)
        private
    {
        vm.prank(OPERATOR);
        vm.expectRevert(expected);
        rewards.addBLSPublicKey(registration, contributors);
    }

    function _pay(address operator) private {
        token.transfer(operator, STAKE);
        vm.prank(operator);
        token.approve(address(rewards), STAKE);
    }
}
